/** Versity's gateway: a real S3 server over a folder of this machine, in which buckets are folders and objects files. */

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { until } from '../../core/until.ts';
import { buildVersitygw } from '../../setup/goModules.ts';
import { root } from './checkout.ts';
import { addressForContainers, freePort } from './docker.ts';

/** The program, which is in the cache after the first time. */
export const s3Program = async (): Promise<string> =>
  join(await buildVersitygw({ root, env: process.env, progress: () => {} }), 'versitygw');

export interface S3 {
  /** Address, as a container reaches it. */
  endpoint: string;
  accessKey: string;
  secretKey: string;
  /** Makes an empty bucket. */
  bucket(name: string): void;
  /** Keys of a bucket's objects, in order. */
  keys(bucket: string): string[];
  content(bucket: string, key: string): Buffer;
  /** Answers nothing for a while, and again. */
  pause(): void;
  resume(): void;
  stop(): void;
}

/**
 * Starts one, without any bucket.
 *
 * @param address at which containers reach it. Default: one of this machine
 */
export async function startS3({ address = addressForContainers() }: { address?: string } = {}): Promise<S3> {
  const [program, port] = [await s3Program(), await freePort()];
  const dir = mkdtempSync(join(tmpdir(), 'open-webui-s3-'));
  const [data, sidecar] = [join(dir, 'data'), join(dir, 'sidecar')];
  for (const folder of [data, sidecar]) mkdirSync(folder);
  const [accessKey, secretKey] = [`AK${randomBytes(9).toString('hex').toUpperCase()}`, randomBytes(20).toString('hex')];
  // Beside the data: not every file system has attributes for it.
  const child = spawn(program, ['--port', `${address}:${port}`, '--quiet', 'posix', '--sidecar', sidecar, data], {
    stdio: 'ignore',
    env: { ...process.env, ROOT_ACCESS_KEY: accessKey, ROOT_SECRET_KEY: secretKey },
  });
  const stop = () => {
    // One that is paused takes no other signal.
    child.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  };
  const endpoint = `http://${address}:${port}`;
  const alive = () =>
    fetch(endpoint).then(
      () => true,
      () => false,
    );
  if (!(await until(alive, Boolean, { seconds: 20 })) || child.exitCode !== null) {
    stop();
    throw new Error('The S3 server does not start');
  }
  const inBucket = (name: string) => join(data, name);
  return {
    ...{ endpoint, accessKey, secretKey, stop },
    bucket: (name) => mkdirSync(inBucket(name)),
    keys: (name) =>
      existsSync(inBucket(name))
        ? readdirSync(inBucket(name), { recursive: true, withFileTypes: true })
            .filter((entry) => entry.isFile())
            .map((entry) => relative(inBucket(name), join(entry.parentPath, entry.name)))
            .sort()
        : [],
    content: (name, key) => readFileSync(join(inBucket(name), key)),
    pause: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
  };
}
