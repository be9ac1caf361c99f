/** What containers have printed, as far as their log drivers let it be read. */

import type { Docker } from './client.ts';

/** An engine that has not answered by then is not waited for, in milliseconds. */
const TIMEOUT = 20_000;

/** The log of a container, or why the engine does not show it: a driver such as `none` keeps nothing to read. */
export type LogText = { text: string; unreadable?: undefined } | { text: ''; unreadable: string };

/** @param lines only so many of its last. Default: all. */
export async function readLog(docker: Docker, container: string, lines?: number): Promise<LogText> {
  const tail = lines === undefined ? [] : ['--tail', String(lines)];
  const { code, all, stderr } = await docker.capture(['logs', ...tail, container], { timeout: TIMEOUT });
  if (code === 0) return { text: all };
  const said = stderr
    .trim()
    .split('\n')
    .at(-1)
    ?.replace(/^Error response from daemon: /, '');
  return { text: '', unreadable: said || 'the engine did not answer' };
}
