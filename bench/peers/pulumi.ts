import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type Deployment, names, type Peer, run } from './common.ts';

/**
 * This project as it stands, of which `parts` are the files and folders. It also makes its secrets and access rules, which the others do without.
 */
export const pulumi = (root: string, parts: readonly string[]): Peer => {
  const env = ({ dir }: Deployment) => ({
    PULUMI_BACKEND_URL: `file://${dir}`,
    PULUMI_CONFIG_PASSPHRASE: 'of-a-measurement-only',
    PULUMI_SKIP_UPDATE_CHECK: 'true',
  });
  const call = (deployment: Deployment, ...args: string[]) =>
    run(deployment, 'pulumi', [...args, '--stack', 'bench', '--non-interactive'], env(deployment));
  return {
    name: 'pulumi',
    about: 'this project: pulumi up, and pulumi preview',
    async prepare(deployment) {
      const { dir, images, port, external } = deployment;
      const { network, valkey, webui, valkeyData, webuiData } = names(deployment);
      for (const part of parts) cpSync(join(root, part), join(dir, part), { recursive: true });
      symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'));
      const config = {
        network: { name: network, external },
        valkey: { name: valkey, image: images.valkey, volume: valkeyData },
        webui: { name: webui, image: images.webui, volume: webuiData, publish: { port } },
      };
      writeFileSync(join(dir, 'Pulumi.bench.yaml'), stringify({ config }));
      await run(deployment, 'pulumi', ['stack', 'init', 'bench', '--non-interactive'], env(deployment));
      const empty = join(dir, 'empty');
      mkdirSync(empty);
      const options = { typescript: false, nodeargs: '--require ../lean.cjs' };
      const project = { name: 'empty', main: 'index.js', runtime: { name: 'nodejs', options } };
      writeFileSync(join(empty, 'Pulumi.yaml'), stringify(project));
      writeFileSync(join(empty, 'package.json'), '{ "dependencies": { "@pulumi/pulumi": "*" } }');
      writeFileSync(join(empty, 'index.js'), "require('@pulumi/pulumi');\n");
      await run(
        { ...deployment, dir: empty },
        'pulumi',
        ['stack', 'init', 'bench', '--non-interactive'],
        env(deployment),
      );
    },
    up: (deployment) => call(deployment, 'up', '--yes', '--skip-preview'),
    noop: (deployment) => call(deployment, 'preview', '--expect-no-changes'),
    command: (deployment) => run(deployment, 'npm', ['run', 'up', '--', '--stack', 'bench'], env(deployment)),
    bare: (deployment) => call(deployment, 'up', '--yes', '--skip-preview'),
    empty: (deployment) =>
      run(
        { ...deployment, dir: join(deployment.dir, 'empty') },
        'pulumi',
        ['preview', '--stack', 'bench', '--non-interactive'],
        env(deployment),
      ),
  };
};
