/** Prints the image references of a stack as JSON, for what has to make them present before `pulumi up`: `node settings/images.ts dev` */

import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { readStackFile } from './file.ts';

const stack = process.argv[2] ?? '';
const { name: project } = parse(readFileSync('Pulumi.yaml', 'utf8')) as { name: string };
try {
  const { valkey, webui } = readStackFile(`Pulumi.${stack}.yaml`, project, stack);
  console.log(JSON.stringify([valkey.image, webui.image]));
} catch (error) {
  const { message, code } = error as Error & { code?: string };
  console.error(code === 'ENOENT' ? `There is no stack ${stack}: Pulumi.${stack}.yaml is missing.` : message);
  process.exitCode = 1;
}
