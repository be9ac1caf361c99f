/** A registry of images that gives nothing to whom it does not know, on this machine. */

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { until } from '../../core/until.ts';
import { buildRegistry } from '../../setup/goModules.ts';
import { root } from './checkout.ts';
import { freePort } from './docker.ts';

const USER = 'deploy';

export interface Registry {
  /** With which the names of its images begin; this machine's own engine takes it without a certificate. */
  address: string;
  /** The same for engines elsewhere, by another address of this machine. */
  at(host: string): string;
  username: string;
  /** Gives the user another password; the old one is worth nothing any more. */
  setPassword(password: string): void;
  /** Takes an image of this machine's engine; returns its name in the registry. @param host by which others reach it */
  push(image: string, name: string, host?: string): string;
  stop(): void;
}

const HERE = '127.0.0.1';

/** Starts one, without any image. */
export async function startRegistry(password: string): Promise<Registry> {
  const program = join(await buildRegistry({ root, env: process.env, progress: () => {} }), 'registry');
  const dir = mkdtempSync(join(tmpdir(), 'open-webui-test-registry-'));
  const path = (name: string) => join(dir, name);
  const port = await freePort();
  const at = (host: string) => `${host}:${port}`;
  const address = at(HERE);
  let current = password;
  const setPassword = (text: string) => {
    current = text;
    const hash = execFileSync(program, ['hash'], { input: text, encoding: 'utf8' });
    writeFileSync(path('passwords'), `${USER}:${hash}\n`);
  };
  setPassword(password);
  writeFileSync(
    path('config.yml'),
    stringify({
      version: '0.1',
      log: { level: 'error' },
      storage: { filesystem: { rootdirectory: path('images') } },
      http: { addr: `:${port}` },
      auth: { htpasswd: { realm: 'test', path: path('passwords') } },
    }),
  );
  const child = spawn(program, ['serve', path('config.yml')], { stdio: 'ignore' });
  const stop = () => {
    child.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  };
  const status = () =>
    fetch(`http://${address}/v2/`).then(
      (answer) => answer.status,
      () => 0,
    );
  const seen = await until(status, (code) => code === 401, { seconds: 20 });
  if (seen !== 401) {
    stop();
    throw new Error(`The registry does not ask for a password, but answers ${seen}`);
  }
  return {
    ...{ address, at, username: USER, setPassword, stop },
    push(image, name, host = HERE) {
      const there = `${address}/${name}`;
      const auth = Buffer.from(`${USER}:${current}`).toString('base64');
      writeFileSync(path('config.json'), JSON.stringify({ auths: { [address]: { auth } } }));
      const docker = (...args: string[]) => execFileSync('docker', ['--config', dir, ...args], { stdio: 'pipe' });
      docker('tag', image, there);
      try {
        docker('push', '--quiet', there);
      } finally {
        docker('rmi', there);
      }
      return `${at(host)}/${name}`;
    },
  };
}
