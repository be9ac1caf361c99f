import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { PROGRAM } from '../../cli/fingerprint.ts';
import { type Deployment, names, type Peer, run } from './common.ts';

/** The program, and the command line that is measured around it. */
const PARTS = [...PROGRAM, 'bootstrap', 'setup', 'cli', 'node_modules'];

/** This project as it stands. It also makes its secrets and access rules, which the others do without. */
export const pulumi = (root: string): Peer => {
  const env = ({ dir }: Deployment) => ({
    PULUMI_BACKEND_URL: `file://${dir}`,
    PULUMI_CONFIG_PASSPHRASE: 'of-a-measurement-only',
    PULUMI_SKIP_UPDATE_CHECK: 'true',
  });
  const call = (deployment: Deployment, ...args: string[]) =>
    run(deployment.dir, 'pulumi', [...args, '--stack', 'bench', '--non-interactive'], env(deployment));
  return {
    name: 'pulumi',
    about: 'this project: pulumi up, and pulumi preview',
    async prepare(deployment) {
      const { dir, images, port, external } = deployment;
      const { network, valkey, webui, valkeyData, webuiData } = names(deployment);
      for (const part of PARTS) {
        if (part === 'node_modules') symlinkSync(join(root, part), join(dir, part));
        else cpSync(join(root, part), join(dir, part), { recursive: true });
      }
      const config = {
        network: { name: network, external },
        valkey: { name: valkey, image: images.valkey, volume: valkeyData },
        webui: { name: webui, image: images.webui, volume: webuiData, publish: { port } },
      };
      writeFileSync(join(dir, 'Pulumi.bench.yaml'), stringify({ config }));
      await run(dir, 'pulumi', ['stack', 'init', 'bench', '--non-interactive'], env(deployment));
      const empty = join(dir, 'empty');
      mkdirSync(empty);
      const options = { typescript: false, nodeargs: '--require ../lean.cjs' };
      const project = { name: 'empty', main: 'index.js', runtime: { name: 'nodejs', options } };
      writeFileSync(join(empty, 'Pulumi.yaml'), stringify(project));
      writeFileSync(join(empty, 'package.json'), '{ "dependencies": { "@pulumi/pulumi": "*" } }');
      writeFileSync(join(empty, 'index.js'), "require('@pulumi/pulumi');\n");
      await run(empty, 'pulumi', ['stack', 'init', 'bench', '--non-interactive'], env(deployment));
    },
    up: (deployment) => call(deployment, 'up', '--yes', '--skip-preview'),
    noop: (deployment) => call(deployment, 'preview', '--expect-no-changes'),
    command: (deployment) => run(deployment.dir, 'npm', ['run', 'up', '--', '--stack', 'bench'], env(deployment)),
    bare: (deployment) => call(deployment, 'up', '--yes', '--skip-preview'),
    empty: (deployment) =>
      run(
        join(deployment.dir, 'empty'),
        'pulumi',
        ['preview', '--stack', 'bench', '--non-interactive'],
        env(deployment),
      ),
  };
};
