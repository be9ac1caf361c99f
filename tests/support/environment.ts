// Turns `${output}` in a text, which is never meant, into an error.
process.env['PULUMI_ERROR_OUTPUT_STRING'] = 'true';
