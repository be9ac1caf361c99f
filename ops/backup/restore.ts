/** Puts an archive's data into the volumes of a stack, or what an earlier restore has kept, or what a killed one has left half done. */

import { once } from 'node:events';
import { command, succeed } from '../command.ts';
import { Failure } from '../../core/errors.ts';
import { readArchive } from './archive.ts';
import type { Container } from '../../docker/health.ts';
import type { Helper } from './helper/helper.ts';
import type { Source } from './take.ts';

/** A restore that was neither finished nor undone: the next `npm run up` or `npm run restore` does it. */
export class Unfinished extends Failure {}

/** What is in the volumes now. */
export interface Present {
  users: number | null;
  chats: number | null;
  files: number | null;
  /** Whether a restore has kept what was there before it. */
  kept: boolean;
  /** How far a restore has come that was killed. */
  phase: string | null;
  /** Whether there is something of one that was killed before it changed anything. */
  half: boolean;
  free: { webui: number; valkey: number };
  valkey_owner: string;
}

/** Names of a stack's two containers. */
export type Servers = Pick<Source, 'webuiContainer' | 'valkeyContainer'>;

async function put(helper: Helper, ...args: string[]): Promise<Record<string, unknown>> {
  const { child, ended } = helper.start('put.py', ...args);
  child.stdin.end();
  return ended;
}

export const look = async (helper: Helper): Promise<Present> => (await put(helper, 'look')) as unknown as Present;

/** The owner of each volume's files: whoever the server runs as. */
export function owners(webui: Container, { valkey_owner: valkey }: Present): { webui: string; valkey: string } {
  const [user = '', group = user] = webui.user.split(':');
  return {
    webui: /^\d+$/.test(user) && /^\d+$/.test(group) ? `${user}:${group}` : '0:0',
    // As in the image, unless somebody has made everything root's.
    valkey: valkey.startsWith('0:') ? '999:1000' : valkey,
  };
}

/** Unpacks an archive beside the present data. The servers run on, and nothing of theirs is changed. */
export async function stage(
  helper: Helper,
  file: string,
  {
    passphrase,
    owner,
    progress,
  }: {
    passphrase?: string | undefined;
    owner: { webui: string; valkey: string };
    progress: (bytes: number) => void;
  },
): Promise<void> {
  const { child, ended } = helper.start('put.py', 'stage', owner.webui, owner.valkey);
  const over = ended.then(
    () => true,
    () => true,
  );
  let gone = false;
  over.then(() => {
    gone = true;
  });
  const read = readArchive(file, {
    passphrase,
    take: async (chunk) => {
      progress(chunk.length);
      // One that has ended says below why.
      if (!gone && !child.stdin.write(chunk)) await Promise.race([once(child.stdin, 'drain'), over]);
    },
  });
  // Checked before, so this is a file that was changed in the meantime.
  await read.finally(() => child.stdin.end());
  await ended;
}

export async function stop({ webuiContainer, valkeyContainer }: Servers): Promise<void> {
  for (const name of [webuiContainer, valkeyContainer]) {
    const { code, stderr } = await command('docker', ['stop', name]);
    if (code !== 0 && !/no such container/i.test(stderr))
      throw new Error(`${name} cannot be stopped: ${stderr.trim()}`);
  }
}

export async function start({ webuiContainer, valkeyContainer }: Servers): Promise<void> {
  await succeed('docker', ['start', valkeyContainer, webuiContainer]);
}

/** Brings back what was there before a restore that was killed or has failed. */
export async function undo(helper: Helper, servers: Servers): Promise<void> {
  await stop(servers);
  await put(helper, 'undo');
  // Where `pulumi up` has removed one, the next makes it.
  await command('docker', ['start', servers.valkeyContainer, servers.webuiContainer]);
}

/** Finishes what a killed restore has left, by going back to what was there before; returns what was done, or undefined. */
export async function settle(helper: Helper, servers: Servers): Promise<string | undefined> {
  const { phase, half } = await look(helper);
  if (phase === 'done') {
    await put(helper, 'finish');
    return 'an earlier restore had only to clear up';
  }
  if (phase !== null) {
    await undo(helper, servers);
    return 'an earlier restore did not come to its end: what was there before it is back';
  }
  if (!half) return undefined;
  await put(helper, 'undo');
  return 'an earlier restore did not come to its end; it had changed nothing';
}

/**
 * Exchanges the present data for what was staged, and proves that it works; otherwise the present data comes back.
 *
 * @param started starts the servers again, by whatever it takes.
 * @param proved  throws when they do not work with the new data.
 * @throws Failure with what was wrong, when the old data is back.
 */
export async function exchange(
  helper: Helper,
  servers: Servers,
  { started, proved }: { started: () => Promise<void>; proved: () => Promise<void> },
): Promise<void> {
  try {
    await stop(servers);
    await put(helper, 'exchange');
    await started();
    await proved();
  } catch (error) {
    await undo(helper, servers).catch((again: Error) => {
      throw new Unfinished(
        `${(error as Error).message}; and the data of before could not be put back yet: ${again.message}`,
        'npm run up puts it back; nothing is lost, it is in the volumes',
      );
    });
    throw error;
  }
  await put(helper, 'finish');
}

/** Makes what the last restore has kept the next to come in. */
export const takeKept = (helper: Helper) => put(helper, 'take_kept');

/** Removes what the last restore has kept. */
export const forget = (helper: Helper) => put(helper, 'forget');
