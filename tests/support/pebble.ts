/** Pebble, a certificate authority that asks for proof as a public one does, with a DNS of its own in which every name is this machine. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '../../bench/load/client.ts';
import { until } from '../../core/until.ts';
import { buildPebble } from '../../setup/goModules.ts';
import { certify } from './certificates.ts';
import { root } from './checkout.ts';
import { addressForContainers, freePort } from './docker.ts';

export interface Pebble {
  /** Address of its directory, as a container reaches it. */
  directory: string;
  /** Certificate by which it is known there. */
  root: string;
  /** Certificate of the root of all that it issues, as PEM: another one at each of its starts. */
  issuer(): Promise<string>;
  /** Answers nothing for a while, and again. */
  pause(): void;
  resume(): void;
  stop(): void;
}

/**
 * Starts one.
 *
 * @param http and `https` are the ports at which it asks for the proof. @param validity of its certificates, in seconds.
 */
export async function startPebble({
  http,
  https,
  validity,
}: {
  http: number;
  https: number;
  validity: number;
}): Promise<Pebble> {
  const programs = await buildPebble({ root, env: process.env, progress: () => {} });
  const [listen, management, dns, control] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const address = addressForContainers();
  const dir = mkdtempSync(join(tmpdir(), 'open-webui-pebble-'));
  certify(dir, address);
  const profile = { description: 'Short enough to be seen renewed', validityPeriod: validity };
  const pebble = {
    listenAddress: `${address}:${listen}`,
    managementListenAddress: `127.0.0.1:${management}`,
    certificate: join(dir, 'server.pem'),
    privateKey: join(dir, 'server-key.pem'),
    ...{ httpPort: http, tlsPort: https, retryAfter: { authz: 1, order: 1 }, keyAlgorithm: 'ecdsa' },
    profiles: { default: profile },
  };
  writeFileSync(join(dir, 'pebble.json'), JSON.stringify({ pebble }));
  const none = ['-http01', '', '-https01', '', '-tlsalpn01', '', '-doh', ''];
  const children: ChildProcess[] = [
    spawn(
      join(programs, 'pebble-challtestsrv'),
      ['-dnsserver', `127.0.0.1:${dns}`, '-management', `127.0.0.1:${control}`, '-defaultIPv6', '', ...none],
      { stdio: 'ignore' },
    ),
    spawn(join(programs, 'pebble'), ['-config', join(dir, 'pebble.json'), '-dnsserver', `127.0.0.1:${dns}`], {
      stdio: 'ignore',
      env: { ...process.env, PEBBLE_VA_NOSLEEP: '1' },
    }),
  ];
  const signal = (name: NodeJS.Signals) => {
    for (const child of children) child.kill(name);
  };
  const stop = () => {
    // One that is paused takes no other signal.
    signal('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  };
  const alive = () =>
    fetch(`http://127.0.0.1:${control}/`).then(
      () => true,
      () => false,
    );
  if (!(await until(alive, Boolean, { seconds: 20 })) || children.some(({ exitCode }) => exitCode !== null)) {
    stop();
    throw new Error('Pebble does not start');
  }
  return {
    directory: `https://${address}:${listen}/dir`,
    root: readFileSync(join(dir, 'ca.pem'), 'utf8'),
    // Its own certificate is for another address.
    issuer: async () =>
      (await new Client({ origin: `https://127.0.0.1:${management}`, anyCertificate: true }).ask('/roots/0')).body,
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    stop,
  };
}
