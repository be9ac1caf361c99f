import { nested } from '../core/hostPaths.js';
import { mountArgs } from './mountArgs.js';
const MISSING = /bind source path does not exist: ([^\n]*)/;
const missedIn = (stderr, paths) => {
    const named = MISSING.exec(stderr)?.[1]?.trim();
    return paths.find((path) => named === path || named === `${path}.`);
};
const NO_IMAGE = 'open-webui.invalid/none';
export async function existsOnHost(docker, path) {
    const { stderr } = await docker.capture([
        ...['create', '--pull', 'never', ...mountArgs({ folder: path }, '/place', { readOnly: true }), NO_IMAGE],
    ]);
    if (missedIn(stderr, [path]) !== undefined)
        return false;
    if (/no such image|not found/i.test(stderr))
        return true;
    throw new Error(`the engine does not say whether ${path} exists: ${stderr.trim().split('\n')[0]}`);
}
const ROOT = '/places';
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
const unescaped = (text) => text.replace(/\\([0-7]{3})/g, (_, code) => String.fromCharCode(parseInt(code, 8)));
function readPlaces(text, paths) {
    const lines = text.split('\n').map((line) => line.split(' '));
    const of = (kind, index) => lines.filter(([one, place]) => one === kind && place === index).map((words) => words.slice(2).join(' '));
    return new Map(paths.flatMap((path, number) => {
        const index = String(number);
        const [, , kind = 'other', owner = ''] = lines.find(([one, place]) => one === 'place' && place === index) ?? [];
        const [, , , device = '', real = ''] = lines.findLast(([one, ...m]) => one === 'mount' && m[4] === `${ROOT}/${index}`) ?? [];
        const found = { kind: kind, owner, entries: of('entry', index), sockets: of('socket', index) };
        return device ? [[path, { ...found, real: { device, path: unescaped(real) } }]] : [];
    }));
}
export async function lookAtHost(docker, image, paths) {
    const wanted = [...new Set(paths)];
    if (wanted.length === 0)
        return new Map();
    const mounts = wanted.flatMap((folder, index) => mountArgs({ folder }, `${ROOT}/${index}`, { readOnly: true }));
    const { code, stdout, stderr } = await docker.capture([
        ...['run', ...CONFINED, ...mounts, '--entrypoint', '/bin/sh', image, '-c', LOOK],
    ]);
    if (code === 0)
        return readPlaces(stdout, wanted);
    const missed = missedIn(stderr, wanted);
    if (missed === undefined)
        throw new Error(stderr.trim().split('\n')[0] || `a container ended with ${code}`);
    return lookAtHost(docker, image, wanted.filter((path) => path !== missed));
}
export const samePlace = (one, other) => one.real.device === other.real.device && nested(one.real.path, other.real.path);
