/** Paths of a Docker host and of containers, by their text alone; never of this machine. */

import { posix } from 'node:path';

/** The one spelling of an absolute path: without doubled slashes, "." and a slash at the end. */
export const plainPath = (path: string): string =>
  posix
    .normalize(path)
    .replace(/^\/\//, '/')
    .replace(/(?<=.)\/$/, '');

/** Whether a path is a folder or lies in it. */
export const isWithin = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder === '/' ? folder : `${folder}/`);

/** Whether two paths are the same, or one lies in the other. */
export const nested = (one: string, other: string): boolean => isWithin(one, other) || isWithin(other, one);

/** Sockets of engines where engines put them; anyone who writes to one commands the host. */
const SOCKETS = [
  '/run/docker.sock',
  '/run/containerd/containerd.sock',
  '/run/podman/podman.sock',
  '/run/crio/crio.sock',
].flatMap((path) => [path, `/var${path}`]);

const SOCKET_NAME = /(^|\/)((docker(-cli|\.raw)?|containerd|podman|crio|buildkitd)\.sock|docker_engine)$/;

/** Folders of users with the socket of a rootless engine, or of one in a machine of its own. */
const SOCKET_FOLDER = /^(\/var)?\/run\/user(\/\d+(\/podman)?)?$|\/\.(docker|colima|orbstack|rd)(\/|$)/;

/** Whether a path of the host is the socket of a container engine, or a folder that holds one. */
export function reachesEngine(path: string): boolean {
  const plain = plainPath(path);
  if (SOCKET_NAME.test(plain) || SOCKET_FOLDER.test(plain)) return true;
  return plain.startsWith('/') && SOCKETS.some((socket) => isWithin(socket, plain));
}

/** Where the kernel shows itself and its devices. */
const KERNEL = ['/proc', '/sys', '/dev'];

/** Whether a path is the kernel's own, or a folder that holds what is. */
export const reachesKernel = (path: string): boolean => KERNEL.some((folder) => nested(plainPath(path), folder));
