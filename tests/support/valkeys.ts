/** A Valkey of several servers, as a test sees it. */

import type { RemoteError } from '../../core/errors.mjs';
import { until } from '../../core/until.ts';
import { serverNames } from '../../core/valkey.ts';
import { connect } from '../../docker/client.ts';
import { fault, lookAtAll } from '../../ops/valkeys.ts';
import type { Session } from '../../ops/webui.ts';
import type { Deployment } from './deployment.ts';
import { signalBy } from './docker.ts';

/** The engine that the tests' own environment names. */
const engine = connect({}, process.env);

const valkeysOf = async (life: Deployment) => ({
  container: life.valkey,
  operatorPassword: (await life.operator()).password,
  several: { servers: serverNames(life.valkey).map((container) => ({ container })) },
});

/** Containers of those that call themselves the primary and are followed. */
export async function primariesOf(life: Deployment): Promise<string[]> {
  const all = await lookAtAll(engine, await valkeysOf(life));
  return all.filter(({ role, followers }) => role === 'master' && followers > 0).map(({ container }) => container);
}

/** The one primary. */
export async function primaryOf(life: Deployment): Promise<string> {
  const all = await until(
    () => primariesOf(life),
    (found) => found.length === 1,
    { seconds: 30 },
  );
  if (all.length !== 1) throw new Error(`there is not one primary, but ${all.join(' and ') || 'none'}`);
  return all[0] as string;
}

/** What is wrong with the servers once they have had time to agree; undefined for nothing. */
export const faultOf = async (life: Deployment, seconds = 90): Promise<string | undefined> => {
  const valkeys = await valkeysOf(life);
  return until(
    () => fault(engine, valkeys),
    (found) => found === undefined,
    { seconds },
  );
};

/** Sends a signal to the server in a container, and not to the Sentinel beside it. */
export async function signalServer(container: string, name: 'KILL' | 'STOP' | 'CONT'): Promise<void> {
  const script = `for p in /proc/[0-9]*; do
  if tr '\\0' ' ' < $p/cmdline 2> /dev/null | grep -q '^valkey-server .*:6379'; then kill -${name} "\${p#/proc/}"; exit; fi
done; exit 1`;
  await signalBy(script, container, name);
}

/** A session that has signed out. */
export async function signedOut(life: Deployment): Promise<Session> {
  const session = await life.administrator();
  await session.request('POST', '/api/v1/auths/signout');
  return session;
}

/** Whether the web UI refuses it. */
export const isRefused = (session: Session): Promise<boolean> =>
  session.request('GET', '/api/v1/chats/?page=1').then(
    () => false,
    ({ status }: RemoteError) => status === 401 || status === 403,
  );
