/** `npm run test:swarm`: a Swarm of three engines on this machine, of which nodes are lost and cut off. */

import { join } from 'node:path';
import { UserError } from '../core/errors.mjs';
import { projectConfig, projectName, readStackFile } from '../settings/file.ts';
import { buildVersitygw } from '../setup/goModules.ts';
import { provideImages } from '../setup/images.ts';
import { step } from '../system/console.mjs';
import { attached } from '../system/exec.mjs';
import { BUILT, chooseStack } from './chooseStack.ts';
import type { Command } from './command.ts';
import { stackFile } from './paths.ts';
import { prepareMachine } from './workspace.ts';

export const command: Command = {
  summary:
    'Starts three Docker engines on this machine, joins them to a Swarm, and kills and cuts off nodes; records the results in docs/faults.md.',
  usage: 'npm run test:swarm [-- ARGUMENTS OF jest]',
  async run(args, context) {
    const { root } = context;
    if (process.platform !== 'linux' || process.getuid?.() !== 0)
      throw new UserError(
        'several engines on one machine need Linux and root',
        'run it as root, on a machine for tests',
      );
    const machine = await prepareMachine(context, step);
    await chooseStack(machine, step, BUILT);
    const { database, gateway, valkey } = readStackFile(
      stackFile(root, BUILT),
      projectName(root),
      BUILT,
      projectConfig(root),
    );
    const images = [database.image, gateway.image, valkey.balancer.image];
    await step('images', async (progress) => {
      const obstacle = await provideImages(images, { ...machine, progress });
      if (obstacle) throw new UserError(obstacle);
      return { text: images.join(', ') };
    });
    await step('S3 server', async (progress) => {
      await buildVersitygw({ ...machine, progress });
      return { text: "Versity's gateway" };
    });
    const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
    return attached('node', [jest, '--selectProjects', 'swarm', '--runInBand', ...args], {
      env: { ...machine.env, FAULTS_TO_PAGE: '1' },
      cwd: root,
    });
  },
};
