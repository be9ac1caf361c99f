/** Which engine answers, by what it says of itself: one engine has many addresses, and one address leads elsewhere on another machine. */

import type { EngineId } from '../core/endpoint.ts';
import type { Docker } from './client.ts';

/** An engine that has not answered by then is not waited for, in milliseconds. */
const TIMEOUT = 20_000;

/** What an engine says of itself; undefined when it does not answer, or there is no docker command. */
export async function identify(docker: Docker): Promise<EngineId | undefined> {
  const args = ['info', '--format', '{{.ID}}\t{{.Name}}\t{{.DockerRootDir}}'];
  const answer = await docker.capture(args, { timeout: TIMEOUT }).catch(() => undefined);
  const [id = '', name = '', root = ''] = (answer?.code === 0 ? answer.stdout : '').trim().split('\t');
  // Two engines of one machine may share the key that gives them their id, never their data.
  return id ? { id: `${id} ${root}`.trim(), name } : undefined;
}
