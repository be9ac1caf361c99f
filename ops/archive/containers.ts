/** What the engine says of a stack's two containers. */

import { command, succeed } from '../command.ts';
import { Failure } from '../failure.ts';
import { until } from '../until.ts';
import type { Manifest } from './manifest.ts';

export interface Container {
  /** Reference and id of its image. */
  image: string;
  imageId: string;
  /** User and group as numbers, as in `1000:1000`; empty for the image's own. */
  user: string;
  running: boolean;
  labels: Record<string, string>;
}

/** What the engine knows of a container; undefined where there is none of that name. */
export async function inspect(name: string): Promise<Container | undefined> {
  const { code, stdout, stderr } = await command('docker', ['container', 'inspect', name]);
  if (code !== 0) {
    if (/no such container/i.test(stderr)) return undefined;
    throw new Error(`docker container inspect: ${stderr.trim()}`);
  }
  const [{ Image, Config, State }] = JSON.parse(stdout);
  return {
    image: Config.Image,
    imageId: Image,
    user: Config.User,
    running: State.Running === true && State.Restarting !== true,
    labels: Config.Labels ?? {},
  };
}

/** An older release's database is brought up to date at the first start, which takes as long as there are chats. */
const READY_SECONDS = 600;

/** A server that ends is started again by the engine; one that does so all the time has no use for more time. */
const TRIES = 3;

/** Waits until a container is healthy, however often the engine has called it unhealthy before; gives up when it ends again and again. */
export async function whenHealthy(name: string): Promise<void> {
  const format =
    '{{.State.Status}} {{.RestartCount}} {{if .State.Health}}{{.State.Health.Status}}{{else}}healthy{{end}}';
  const ask = async () =>
    (await succeed('docker', ['container', 'inspect', '--format', format, name])).trim().split(' ');
  const over = ([status, restarts, health]: string[]) =>
    Number(restarts) >= TRIES ||
    status === 'exited' ||
    status === 'dead' ||
    (status === 'running' && health === 'healthy');
  const last = await until(ask, over, { seconds: READY_SECONDS, everyMs: 500 });
  if (last[0] !== 'running' || last[2] !== 'healthy')
    throw new Failure(
      `${name} does not get ready: ${last[0]}, ${last[2]}, ended ${last[1]} times`,
      `docker logs --tail 50 ${name}`,
    );
}

/** What a manifest tells of a container's image. */
export async function imageOf({
  image,
  imageId,
}: Container): Promise<Omit<Manifest['valkey'], 'version' | 'snapshot'>> {
  const format = '{{json .RepoDigests}}';
  const { code, stdout } = await command('docker', ['image', 'inspect', '--format', format, imageId]);
  return { image, imageId, digests: code === 0 ? (JSON.parse(stdout) ?? []) : [] };
}

/** Release of Valkey in an image. */
export async function valkeyVersion(image: string): Promise<string | null> {
  const run = ['run', '--rm', '--pull', 'never', '--network', 'none', '--entrypoint', 'valkey-server'];
  const said = await succeed('docker', [...run, image, '--version']);
  return /\bv=(\S+)/.exec(said)?.[1] ?? null;
}
