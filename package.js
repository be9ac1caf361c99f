// Pulumi has Node.js load the folder `package`, for which Node.js would take the file package.json that lies beside it. This name comes before that.
export * from './package/bin/package/index.js';
