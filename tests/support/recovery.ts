/** A deployment in which something is broken on purpose, what it held before, and how long it takes until it is whole again. */

import { RemoteError } from '../../core/errors.mjs';
import { until } from '../../core/until.ts';
import { KEY_PREFIX, VALKEY_DATA } from '../../core/valkey.ts';
import type { Session } from '../../ops/webui.ts';
import type { Deployment } from './deployment.ts';
import { docker, objectsOf, signalBy, valkeyAs } from './docker.ts';

/** Sends a signal to the server of a container, from inside of it: as good as the kernel's own. */
export async function signal(
  container: string,
  program: 'valkey-server' | 'python' | 'postgres' | 'caddy',
  name: string,
): Promise<void> {
  const pids = `grep -lE '^Name:.*${program}' /proc/[0-9]*/status | cut -d/ -f3`;
  await signalBy(`kill -${name} $(${pids})`, container, name);
}

/** What people have left in a deployment, to be found again after a fault. */
export class Belongings {
  readonly #life: Deployment;
  #chat = '';
  #session: Session | undefined;
  #signedOut: Session | undefined;

  constructor(life: Deployment) {
    this.#life = life;
  }

  async #valkey(...words: string[]): Promise<string> {
    return valkeyAs({ container: this.#life.valkey }, await this.#life.application(), ...words);
  }

  /** A chat, a key, and a token that was signed out; on disk when this is over. */
  async leave(): Promise<void> {
    // Kept, as Open WebUI limits how often one signs in, and a deployment that comes back soon is looked at often.
    const session = await this.#life.administrator();
    this.#session = session;
    const { id } = (await session.request('POST', '/api/v1/chats/new', { chat: { title: 'kept' } })) as { id: string };
    this.#chat = id;
    this.#signedOut = await this.#life.administrator();
    await this.#signedOut.request('POST', '/api/v1/auths/signout');
    await this.#valkey('SET', `${KEY_PREFIX}:kept`, id);
    const written = () =>
      docker('exec', this.#life.valkey, 'grep', '-rq', id, VALKEY_DATA).then(
        () => true,
        () => false,
      );
    if (!(await until(written, Boolean, { seconds: 60 }))) throw new Error('Valkey has not written within a minute');
  }

  /** Changes something in Valkey, which is worth a snapshot; throws what Valkey answers when it does not take it. */
  async touch(): Promise<void> {
    const answer = await this.#valkey('SET', `${KEY_PREFIX}:touched`, String(Date.now()));
    if (answer !== 'OK') throw new Error(answer);
  }

  /** What of it is gone. */
  async lost(): Promise<string[]> {
    const session = this.#session ?? (await this.#life.administrator());
    const { chat } = (await session.request('GET', `/api/v1/chats/${this.#chat}`)) as { chat: { title: string } };
    const key = await this.#valkey('GET', `${KEY_PREFIX}:kept`);
    const accepted = await this.#signedOut?.request('GET', '/api/v1/auths/').then(
      () => true,
      (error) => {
        if (error instanceof RemoteError && error.status === 401) return false;
        throw error;
      },
    );
    return [
      ...(chat.title === 'kept' ? [] : ['a chat']),
      ...(key === this.#chat ? [] : ['a key of Valkey']),
      ...(accepted ? ['that a token was signed out'] : []),
    ];
  }
}

/** Status of a container, and of its health. */
export const state = (container: string): Promise<string> =>
  docker('inspect', '--format', '{{.State.Status}} {{.State.Health.Status}}', container).catch(() => 'none');

/** Whether both containers are healthy, and the page is ready, now. */
export async function whole({ valkey, webui, origin }: Deployment): Promise<boolean> {
  const ready = await fetch(`${origin}/ready`, { signal: AbortSignal.timeout(2000) }).then(
    ({ ok }) => ok,
    () => false,
  );
  return ready && (await state(valkey)) === 'running healthy' && (await state(webui)) === 'running healthy';
}

/** How often the engine has restarted a container. */
export const restarts = async (container: string): Promise<number> =>
  Number(await docker('inspect', '--format', '{{.RestartCount}}', container));

/**
 * Waits until a deployment is whole and `verify` passes; returns the seconds since `since`. Fails after `within` seconds.
 *
 * @param isWhole what is waited for. Default: {@link whole}
 */
export async function recovered(
  life: Deployment,
  since: number,
  within: number,
  isWhole = () => whole(life),
): Promise<number> {
  const left = () => Math.max(1, within - (Date.now() - since) / 1000);
  if (!(await until(isWhole, Boolean, { seconds: left() }))) {
    const { containers } = await objectsOf(life.stack);
    const states = await Promise.all(containers.map(async (name) => `${name} ${await state(name)}`));
    throw new Error(`not back after ${within} s: ${states.join(', ')}`);
  }
  const { checks } = await life.verify();
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  const seconds = (Date.now() - since) / 1000;
  expect(seconds).toBeLessThanOrEqual(within);
  return seconds;
}

/** `npm run up` as it is given in a shell, with its `verify`; fails with what it prints. */
export async function up(life: Deployment): Promise<string> {
  const { code, stdout, stderr } = await life.run('node', ['bootstrap/run.mjs', 'up', '--stack', life.stack]);
  if (code !== 0) throw new Error(`npm run up ended with ${code}:\n${stderr}\n${stdout}`);
  return stderr + stdout;
}

/** `npm run drift -- --json`. */
export async function drift(life: Deployment) {
  const { code, stdout, stderr } = await life.command('drift', ['--json']);
  if (code === 2) throw new Error(stderr);
  const { differences } = JSON.parse(stdout) as {
    differences: { object: string; what: string; expected?: string; found?: string }[];
  };
  return { code, stdout, differences };
}

/** A deployment that is broken, and how to see that it is whole and has lost nothing. */
export interface Patient {
  life: Deployment;
  lost: () => Promise<string[]>;
  /** Default: {@link whole} */
  isWhole?: () => Promise<boolean>;
}

/** Comes back by itself, with all that it had; returns the seconds since the cause. */
export async function comesBack(
  { life, lost, isWhole }: Patient,
  cause: () => Promise<unknown>,
  within: number,
): Promise<number> {
  const since = Date.now();
  await cause();
  const seconds = await recovered(life, since, within, isWhole);
  expect(await lost()).toEqual([]);
  return seconds;
}

/** `npm run drift` reports it as `drifts`, and one `npm run up` repairs it; returns the seconds since that command. */
export async function repaired(
  { life, isWhole }: Omit<Patient, 'lost'>,
  cause: () => Promise<unknown>,
  drifts: string[],
  within: number,
): Promise<number> {
  await cause();
  const found = await drift(life);
  expect(found.code).toBe(1);
  const lines = found.differences.map(({ object, what }) => `${object}: ${what}`);
  expect(lines).toEqual(expect.arrayContaining(drifts));
  const since = Date.now();
  await up(life);
  const seconds = await recovered(life, since, within, isWhole);
  expect((await drift(life)).differences).toEqual([]);
  return seconds;
}
