/** Requests wait in the gateway of a Swarm while a command changes what all web UIs have to agree on. */

import { holdProgram, releaseProgram } from '../core/hold.ts';
import { failedIn } from '../docker/services.ts';
import { say } from '../system/console.mjs';
import type { Stack } from './outputs.ts';

/**
 * Does some work while requests wait. On one host they wait by themselves, as the only web UI is replaced. A gateway that does not hold them is no
 * reason to give up: some requests fail then.
 *
 * @param reason a name, which the file has that holds them.
 */
export async function whileHeld<Result>(
  { docker, servers: { webui, gateway } }: Pick<Stack, 'docker' | 'servers'>,
  reason: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const containers = webui.service === undefined ? [] : (gateway?.containers ?? []);
  const inEach = async (program: readonly string[]) => {
    for (const { container, said } of await failedIn(docker, containers, program))
      say(`Requests may fail meanwhile: ${container} does not hold them: ${said}`);
  };
  if (!gateway) return work();
  await inEach(holdProgram(reason, gateway.waitTimeout));
  try {
    return await work();
  } finally {
    await inEach(releaseProgram(reason));
  }
}
