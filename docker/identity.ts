/** Which engine answers, by what it says of itself: one engine has many addresses, and one address leads elsewhere on another machine. */

import type { EngineId } from '../core/endpoint.ts';
import type { Docker } from './client.ts';

/** An engine that has not answered by then is not waited for, in milliseconds. */
const TIMEOUT = 20_000;

/** What an engine says of itself; undefined when it does not answer, or there is no docker command. */
export async function identify(docker: Docker): Promise<EngineId | undefined> {
  const args = ['info', '--format', '{{.ID}}\t{{.Name}}'];
  const answer = await docker.capture(args, { timeout: TIMEOUT }).catch(() => undefined);
  const [id = '', name = ''] = (answer?.code === 0 ? answer.stdout : '').trim().split('\t');
  return id ? { id, name } : undefined;
}
