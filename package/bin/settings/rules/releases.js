import { imageName, parseImage } from '../../core/images.js';
const PREFIXED = [0, 9, 0];
const CHECKED = [0, 8, 11];
export const isBefore = (one, other) => {
    const at = one.findIndex((number, index) => number !== other[index]);
    return at >= 0 && one[at] < other[at];
};
export function releaseOf(image) {
    const [, major, minor, patch] = /^v?(\d+)\.(\d+)(?:\.(\d+))?(?![\w.])/.exec(parseImage(image).tag ?? '') ?? [];
    if (imageName(image) !== 'open-webui' || minor === undefined)
        return undefined;
    return [Number(major), Number(minor), patch === undefined ? Number.POSITIVE_INFINITY : Number(patch)];
}
export function tooOld(image) {
    const release = releaseOf(image);
    return release && isBefore(release, PREFIXED) ? PREFIXED.join('.') : undefined;
}
export const oldestRelease = ({ webui: { image }, valkey: { auth } }) => {
    const release = releaseOf(image);
    const least = auth ? PREFIXED : CHECKED;
    if (!release || !isBefore(release, least))
        return [];
    return [
        {
            path: ['webui', 'image'],
            reason: isBefore(release, CHECKED)
                ? 'it has no /ready, which the health check requests'
                : 'it uses keys without a prefix, which its user in Valkey may not access',
            allowed: `Open WebUI ${least.join('.')} or newer`,
            fix: 'choose a newer release',
        },
    ];
};
