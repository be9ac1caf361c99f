import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { UserError } from '../../core/errors.mjs';
const FOLDER = 'OPEN_WEBUI_BACKUP_DIR';
export const PASSPHRASE = 'OPEN_WEBUI_BACKUP_PASSPHRASE';
export const backupFolder = ({ root = '.', env = process.env } = {}) => env[FOLDER] || join(root, 'backups');
export const passphraseOfEnvironment = (env = process.env) => env[PASSPHRASE] || undefined;
const real = (path) => existsSync(path) || path === dirname(path) ? realpathSync(path) : join(real(dirname(path)), basename(path));
function isInside(folder, path) {
    const way = relative(real(folder), real(path));
    return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
export function unlasting(env, root) {
    return [
        ...(isInside(root, resolve(root, backupFolder({ root, env })))
            ? [
                `The backup before an upgrade would be lost with the checkout: set ${FOLDER} to a persistent folder outside it.`,
            ]
            : []),
        ...(passphraseOfEnvironment(env) === undefined
            ? [`The backup before an upgrade would not be encrypted: set the secret ${PASSPHRASE}.`]
            : []),
    ];
}
export function requireLasting(env = process.env, root = '.') {
    if (!env['CI'] || env['CI'] === 'false')
        return;
    const [first, ...more] = unlasting(env, root);
    if (first !== undefined)
        throw new UserError([first, ...more].join(' ').replace(/\.$/, ''), 'docs/ci.md says where to set it');
}
