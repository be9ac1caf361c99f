/** Prints as JSON what a stack needs of its engine, for what has to be looked at before `pulumi up`: `node settings/needs.ts dev` */

import { projectName, readStackFile } from './file.ts';
import { engineOf } from './host.ts';

const stack = process.argv[2] ?? '';
const project = projectName();
try {
  const { host, hardening, network, valkey, webui } = readStackFile(`Pulumi.${stack}.yaml`, project, stack);
  console.log(
    JSON.stringify({
      project,
      engine: engineOf(host),
      images: [valkey.image, webui.image],
      // What it makes, and would fail to make where somebody else has it already.
      makes: [
        ...(network.external ? [] : [{ kind: 'network', name: network.name, setting: 'network.name' }]),
        { kind: 'container', name: valkey.name, setting: 'valkey.name' },
        { kind: 'container', name: webui.name, setting: 'webui.name' },
        ...(hardening === 'strict'
          ? [
              { kind: 'network', name: network.internalName, setting: 'network.internalName' },
              { kind: 'container', name: `${webui.name}-init`, setting: 'webui.name' },
            ]
          : []),
      ],
    }),
  );
} catch (error) {
  const { message, code } = error as Error & { code?: string };
  console.error(code === 'ENOENT' ? `There is no stack ${stack}: Pulumi.${stack}.yaml is missing.` : message);
  process.exitCode = 1;
}
