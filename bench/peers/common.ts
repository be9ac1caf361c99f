/** What every peer deploys: the same images, health checks, network and volumes; a port and names of its own. */

import { mkdirSync, rmSync } from 'node:fs';
import { valkeyUrl } from '../../core/valkey.ts';
import { WEBUI_PORT } from '../../core/webui.ts';
import { capture, run as runProgram } from '../../system/exec.mjs';

export interface Deployment {
  /** Part of all names. */
  name: string;
  /** Folder of its own for the files of the peer. */
  dir: string;
  /** For the programs that it runs. */
  env: NodeJS.ProcessEnv;
  port: number;
  images: { valkey: string; webui: string };
  /** Whether the network exists already, as in the tutorial. */
  external: boolean;
}

export interface Peer {
  name: string;
  /** What this is, in a line. */
  about: string;
  prepare(deployment: Deployment): Promise<void>;
  /** From nothing to a web UI that is healthy. */
  up(deployment: Deployment): Promise<unknown>;
  /** Finds out that nothing is to be changed; undefined where there is no such thing. */
  noop?: ((deployment: Deployment) => Promise<unknown>) | undefined;
  /** The same as people do it: what is missing looked for, the deployment applied again and proved. */
  command?(deployment: Deployment): Promise<unknown>;
  /** Its bare form. */
  bare?(deployment: Deployment): Promise<unknown>;
  /** {@link noop} of a program with nothing in it: what the tool takes by itself. */
  empty?(deployment: Deployment): Promise<unknown>;
}

/** A check as a Compose file has it. */
export interface Check {
  startPeriod: string;
  interval: string;
  timeout: string;
  retries: number;
  /** `CMD` and the words of a command, or `CMD-SHELL` and one text. */
  test: readonly string[];
}

/** As Open WebUI's documentation has it for Valkey, and as Compose files commonly have it for the web UI. */
export const CHECKS: Readonly<Record<'valkey' | 'webui', Check>> = {
  valkey: {
    ...{ startPeriod: '5s', interval: '1s', timeout: '3s', retries: 5 },
    test: ['CMD-SHELL', "[ $(valkey-cli ping) = 'PONG' ]"],
  },
  webui: {
    ...{ startPeriod: '2m', interval: '5s', timeout: '5s', retries: 3 },
    test: ['CMD-SHELL', `curl --fail --silent --output /dev/null --max-time 5 http://127.0.0.1:${WEBUI_PORT}/ready`],
  },
};

/** Name of Valkey in the network. */
export const ALIAS = 'redis';

export const COMMAND = ['valkey-server', '--save', '30', '1'];

/** Fixed, as neither tool is measured at making secrets: the floor of every web UI is a key that it need not make. */
export const environment = () => ({
  ENABLE_WEBSOCKET_SUPPORT: 'true',
  WEBSOCKET_MANAGER: 'redis',
  WEBSOCKET_REDIS_URL: valkeyUrl(ALIAS, 1),
  REDIS_URL: valkeyUrl(ALIAS, 0),
  WEBUI_SECRET_KEY: 'of-a-measurement-only',
  WEBUI_ADMIN_EMAIL: 'admin@example.com',
  WEBUI_ADMIN_PASSWORD: 'of-a-measurement-only',
});

export const names = ({ name }: Deployment) => ({
  network: `${name}-network`,
  valkey: `${name}-valkey`,
  webui: `${name}-webui`,
  valkeyData: `${name}-valkey-data`,
  webuiData: `${name}-webui-data`,
});

/** Runs a program in the folder of a deployment; returns what it prints. */
export const run = (
  { dir, env }: Pick<Deployment, 'dir' | 'env'>,
  program: string,
  args: readonly string[],
  more: NodeJS.ProcessEnv = {},
): Promise<string> => runProgram(program, args, { cwd: dir, env: { ...env, ...more } });

/** Removes all that a peer has made on the engine, by its names. */
export async function clear(deployment: Deployment, { network: withNetwork }: { network: boolean }): Promise<void> {
  const { network, valkey, webui, valkeyData, webuiData } = names(deployment);
  const quietly = (...args: string[]) => capture('docker', args, { env: deployment.env });
  await quietly('rm', '--force', '--volumes', valkey, webui);
  await quietly('volume', 'rm', valkeyData, webuiData);
  if (withNetwork) await quietly('network', 'rm', network);
  rmSync(deployment.dir, { recursive: true, force: true });
  mkdirSync(deployment.dir, { recursive: true });
}
