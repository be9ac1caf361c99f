/** A Docker engine beside this machine's own, so that no measurement makes that one the node of a Swarm. */

import { UserError } from '../../core/errors.mjs';
import { until } from '../../core/until.ts';
import { connect, type Docker } from '../../docker/client.ts';
import { provideImages } from '../../setup/images.ts';
import { SecondEngine } from '../../tests/support/secondEngine.ts';
import { type Block, localSettings, type Machine } from '../load/stack.ts';

/** The engine as this process and as a stack reach it. */
export interface Place {
  docker: Docker;
  /** As a stack file names it. */
  host: Block;
  /** At which the ports of its services are published. */
  address: string;
}

const linesOf = async (docker: Docker, ...args: string[]): Promise<string[]> =>
  (await docker.capture(args)).stdout.split('\n').filter(Boolean);

/** Ends all that runs, at once: an engine that stops would wait for each to end by itself. */
async function empty(docker: Docker): Promise<void> {
  const services = await linesOf(docker, 'service', 'ls', '--quiet');
  if (services.length > 0) await docker.capture(['service', 'rm', ...services]);
  const running = async () => {
    const ids = await linesOf(docker, 'ps', '--quiet');
    if (ids.length > 0) await docker.capture(['kill', ...ids]);
    return ids.length;
  };
  await until(running, (count) => count === 0, { seconds: 30, everyMs: 500 });
}

/** Works with an engine that has the images of a stack, and removes all of it. */
export async function withEngine<Result>(
  { root, env, docker: own }: Machine,
  work: (place: Place) => Promise<Result>,
): Promise<Result> {
  const { database, gateway } = localSettings(root);
  const images = [database, gateway].map((block) => block?.['image'] as string);
  const why = await provideImages(images, { root, env, docker: own, progress: console.log });
  if (why) throw new UserError(why);
  const engine = await SecondEngine.start();
  const docker = connect({ address: engine.socket }, env);
  try {
    engine.load(images);
    return await work({ docker, host: engine.tls, address: engine.far });
  } finally {
    await empty(docker);
    await engine.stop();
  }
}
