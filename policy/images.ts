/** Which images may run. */

import { EXACT, imageName, isBuiltHere, looseness, parseImage } from '../core/images.ts';
import { isProduction } from '../core/stacks.ts';
import { place, type Rule } from './rule.ts';
import type { Server } from './server.ts';

/**
 * An image reference stands for one image, today and when a container is recreated after a crash of the host.
 *
 * A floating tag brings an untested release, on one machine and not on another, and no preview shows it. In production
 * a part of a version, such as 8.0, is refused as well. Elsewhere the rule only advises: some variants publish floating tags alone,
 * and to try them is what other stacks are for.
 * Source: Docker's documentation, "Building best practices", on pinning base images.
 */
export const exactImage: Rule<Server> = {
  name: 'image-exact',
  description: 'The image is named by a digest or by the tag of one release.',
  check({ image, arguments: argument }, resource) {
    const production = isProduction(resource.stack);
    const reason = looseness(image, { production });
    if (!reason) return [];
    return [
      {
        found: `runs ${image}: ${reason}`,
        allowed: production ? EXACT : 'a digest, or the tag of a version',
        fix: `write a release or a digest in ${place(resource, 'image', argument.image)}`,
      },
    ];
  },
};

/** Holes in Valkey, by release line. A line that is not here is not known to be safe: nothing is known about it. */
const ADVISORIES = [
  { line: '8.0', fixedIn: 6, holes: ['CVE-2025-49844'] },
  { line: '8.0', fixedIn: 8, holes: ['CVE-2026-23479', 'CVE-2026-25243', 'CVE-2026-23631'] },
  { line: '8.0', fixedIn: 10, holes: ['CVE-2026-56684', 'CVE-2026-63639'] },
  { line: '9.1', fixedIn: 1, holes: ['CVE-2026-56684', 'CVE-2026-63639'] },
];

/**
 * No release of Valkey runs that is known to have holes.
 *
 * The tag tells the release. A reference without one, or with a part of it, is not judged rather than guessed at, and neither is
 * another program's number (Redis) or an image that is built here.
 * Source: the security advisories of valkey-io/valkey.
 */
export const vulnerable: Rule<Server> = {
  name: 'valkey-without-known-holes',
  description: 'Valkey is a release without published vulnerabilities.',
  check({ image, arguments: argument }, resource) {
    if (isBuiltHere(image) || imageName(image) !== 'valkey') return [];
    const [, line, patch] = /^v?(\d+\.\d+)\.(\d+)(?!\d|\.)/.exec(parseImage(image).tag ?? '') ?? [];
    const open = ADVISORIES.filter((one) => one.line === line && Number(patch) < one.fixedIn);
    if (open.length === 0) return [];
    const holes = open.flatMap((one) => one.holes.map((hole) => `${hole} (fixed in ${line}.${one.fixedIn})`));
    return [
      {
        found: `runs Valkey ${line}.${patch}, which has ${holes.join(', ')}`,
        allowed: `${line}.${Math.max(...open.map(({ fixedIn }) => fixedIn))} or newer`,
        fix: `write such a release in ${place(resource, 'image', argument.image)}`,
      },
    ];
  },
};
