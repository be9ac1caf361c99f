/** Which engine answers, by what it says of itself: one engine has many addresses, and one address leads elsewhere on another machine. */

import type { EngineId } from '../core/endpoint.ts';
import type { Docker } from './client.ts';
import { readInfo } from './info.ts';

/** What an engine says of itself; undefined when it does not answer, or there is no docker command. */
export async function identify(docker: Docker): Promise<EngineId | undefined> {
  const { ID: id, Name: name = '', DockerRootDir: root = '' } = (await readInfo(docker).catch(() => undefined)) ?? {};
  // Two engines of one machine may share the key that gives them their id, never their data.
  return id ? { id: `${id} ${root}`.trim(), name } : undefined;
}
