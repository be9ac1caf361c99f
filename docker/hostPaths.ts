/** Folders and files of a Docker host, which may be another machine: only the engine sees them, through containers. */

import { nested } from '../core/hostPaths.ts';
import type { Docker } from './client.ts';
import { mountArgs } from './mountArgs.ts';

/** What is at a path of the host. */
export interface Place {
  kind: 'folder' | 'file' | 'other';
  /** `uid:gid`. */
  owner: string;
  /** Names in a folder. */
  entries: readonly string[];
  /** Sockets in a folder, or in one of its folders, by their paths in it. */
  sockets: readonly string[];
  /** Where it really is, whatever links led there: the file system by its numbers, and the path in it. */
  real: { device: string; path: string };
}

/** What Docker says of a source that is not there, up to the source. */
const MISSING = /bind source path does not exist: ([^\n]*)/;

/** The path that Docker has missed; its sentence may end in a full stop. */
const missedIn = (stderr: string, paths: readonly string[]): string | undefined => {
  const named = MISSING.exec(stderr)?.[1]?.trim();
  return paths.find((path) => named === path || named === `${path}.`);
};

/** An image that no engine has. */
const NO_IMAGE = 'open-webui.invalid/none';

/**
 * Whether the host has something at a path. The engine looks for the sources of a container before it looks for its image, so nothing is made.
 *
 * @throws Error when the engine does not answer as expected.
 */
export async function existsOnHost(docker: Docker, path: string): Promise<boolean> {
  const { stderr } = await docker.capture([
    ...['create', '--pull', 'never', ...mountArgs({ folder: path }, '/place', { readOnly: true }), NO_IMAGE],
  ]);
  if (missedIn(stderr, [path]) !== undefined) return false;
  if (/no such image|not found/i.test(stderr)) return true;
  throw new Error(`the engine does not say whether ${path} exists: ${stderr.trim().split('\n')[0]}`);
}

const ROOT = '/places';

/** Prints for each mount its kind, owner and names, and where the kernel has mounted what. */
const LOOK = `cd ${ROOT}; for place in *; do
  kind=other; [ ! -f "$place" ] || kind=file; [ ! -d "$place" ] || kind=folder
  echo "place $place $kind $(stat -c %u:%g "$place")"
  [ "$kind" = folder ] || continue
  ls -A "$place" | head -n 1000 | sed "s/^/entry $place /"
  find "$place" -maxdepth 2 -type s 2>/dev/null | head -n 1000 | sed "s/^[^/]*./socket $place /"
done; sed 's/^/mount /' /proc/self/mountinfo`;

const CONFINED = [
  ...['--rm', '--pull', 'never', '--no-healthcheck', '--network', 'none', '--read-only', '--user', '0:0'],
  ...['--security-opt', 'no-new-privileges', '--cap-drop', 'ALL', '--cap-add', 'DAC_READ_SEARCH'],
];

const unescaped = (text: string) => text.replace(/\\([0-7]{3})/g, (_, code) => String.fromCharCode(parseInt(code, 8)));

function readPlaces(text: string, paths: readonly string[]): Map<string, Place> {
  const lines = text.split('\n').map((line) => line.split(' '));
  const of = (kind: string, index: string) =>
    lines.filter(([one, place]) => one === kind && place === index).map((words) => words.slice(2).join(' '));
  return new Map(
    paths.flatMap((path, number): [string, Place][] => {
      const index = String(number);
      const [, , kind = 'other', owner = ''] = lines.find(([one, place]) => one === 'place' && place === index) ?? [];
      // ID, parent, major:minor, path in the file system, path here: the last one covers those before it.
      const [, , , device = '', real = ''] =
        lines.findLast(([one, ...m]) => one === 'mount' && m[4] === `${ROOT}/${index}`) ?? [];
      const found = { kind: kind as Place['kind'], owner, entries: of('entry', index), sockets: of('socket', index) };
      return device ? [[path, { ...found, real: { device, path: unescaped(real) } }]] : [];
    }),
  );
}

/**
 * What the host has at some paths, by those that exist. Takes one container of an image with a shell, for a moment.
 *
 * @throws Error with what the engine says when it starts no container.
 */
export async function lookAtHost(docker: Docker, image: string, paths: readonly string[]): Promise<Map<string, Place>> {
  const wanted = [...new Set(paths)];
  if (wanted.length === 0) return new Map();
  const mounts = wanted.flatMap((folder, index) => mountArgs({ folder }, `${ROOT}/${index}`, { readOnly: true }));
  const { code, stdout, stderr } = await docker.capture([
    ...['run', ...CONFINED, ...mounts, '--entrypoint', '/bin/sh', image, '-c', LOOK],
  ]);
  if (code === 0) return readPlaces(stdout, wanted);
  const missed = missedIn(stderr, wanted);
  if (missed === undefined) throw new Error(stderr.trim().split('\n')[0] || `a container ended with ${code}`);
  return lookAtHost(
    docker,
    image,
    wanted.filter((path) => path !== missed),
  );
}

/** Whether two places are one, or one is in the other, however they are spelled. */
export const samePlace = (one: Place, other: Place): boolean =>
  one.real.device === other.real.device && nested(one.real.path, other.real.path);
