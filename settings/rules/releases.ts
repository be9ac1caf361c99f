/** Releases of Open WebUI that this deployment cannot run. */

import { imageName, parseImage } from '../../core/images.ts';
import type { Rule } from '../rule.ts';

/** From here on every key has the prefix that Open WebUI's user in Valkey may use. */
const PREFIXED = [0, 9, 0] as const;
/** From here on there is the page that the health check asks. */
const CHECKED = [0, 8, 11] as const;

export type Release = readonly [number, number, number];

export const isBefore = (one: Release, other: Release) => {
  const at = one.findIndex((number, index) => number !== other[index]);
  return at >= 0 && (one[at] as number) < (other[at] as number);
};

/** The release that a tag names, as far as it names one: `v0.9` is the newest of its kind. */
export function releaseOf(image: string): Release | undefined {
  const [, major, minor, patch] = /^v?(\d+)\.(\d+)(?:\.(\d+))?(?![\w.])/.exec(parseImage(image).tag ?? '') ?? [];
  if (imageName(image) !== 'open-webui' || minor === undefined) return undefined;
  return [Number(major), Number(minor), patch === undefined ? Number.POSITIVE_INFINITY : Number(patch)];
}

/** The oldest release that a stack with passwords runs, for an image whose tag names an older one; undefined for any other. */
export function tooOld(image: string): string | undefined {
  const release = releaseOf(image);
  return release && isBefore(release, PREFIXED) ? PREFIXED.join('.') : undefined;
}

/** Refuses a release that is too old, as far as its tag tells. */
export const oldestRelease: Rule = ({ webui: { image }, valkey: { auth } }) => {
  const release = releaseOf(image);
  const least = auth ? PREFIXED : CHECKED;
  if (!release || !isBefore(release, least)) return [];
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
