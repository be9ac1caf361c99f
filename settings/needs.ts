/** Prints as JSON what a stack needs of its engine, for what has to be looked at before `pulumi up`: `node settings/needs.ts dev` */

import { projectName, readStackFile } from './file.ts';
import { engineOf } from './host.ts';

const stack = process.argv[2] ?? '';
const project = projectName();
try {
  const { host, valkey, webui } = readStackFile(`Pulumi.${stack}.yaml`, project, stack);
  console.log(
    JSON.stringify({
      engine: engineOf(host),
      images: [valkey.image, webui.image],
    }),
  );
} catch (error) {
  const { message, code } = error as Error & { code?: string };
  console.error(code === 'ENOENT' ? `There is no stack ${stack}: Pulumi.${stack}.yaml is missing.` : message);
  process.exitCode = 1;
}
