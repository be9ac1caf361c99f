/** What the engine says of a stack's two containers. */

import { command, succeed } from '../command.ts';
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
