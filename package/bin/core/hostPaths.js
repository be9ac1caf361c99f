import { posix } from 'node:path';
export const plainPath = (path) => posix
    .normalize(path)
    .replace(/^\/\//, '/')
    .replace(/(?<=.)\/$/, '');
export const isWithin = (path, folder) => path === folder || path.startsWith(folder === '/' ? folder : `${folder}/`);
export const nested = (one, other) => isWithin(one, other) || isWithin(other, one);
const SOCKETS = [
    '/run/docker.sock',
    '/run/containerd/containerd.sock',
    '/run/podman/podman.sock',
    '/run/crio/crio.sock',
].flatMap((path) => [path, `/var${path}`]);
const SOCKET_NAME = /(^|\/)((docker(-cli|\.raw)?|containerd|podman|crio|buildkitd)\.sock|docker_engine)$/;
const SOCKET_FOLDER = /^(\/var)?\/run\/user(\/\d+(\/podman)?)?$|\/\.(docker|colima|orbstack|rd)(\/|$)/;
export function reachesEngine(path) {
    const plain = plainPath(path);
    if (SOCKET_NAME.test(plain) || SOCKET_FOLDER.test(plain))
        return true;
    return plain.startsWith('/') && SOCKETS.some((socket) => isWithin(socket, plain));
}
const KERNEL = ['/proc', '/sys', '/dev'];
export const reachesKernel = (path) => KERNEL.some((folder) => nested(plainPath(path), folder));
