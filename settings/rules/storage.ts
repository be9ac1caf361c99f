/** Folders of the Docker host that hold a server's data. */

import { isWithin, nested, reachesEngine, reachesKernel } from '../../core/hostPaths.ts';
import type { Problem } from '../problems.ts';
import type { Rule } from '../rule.ts';

const SECTIONS = ['valkey', 'webui'] as const;

/** The host's own: they hold no user data. */
const SYSTEM = [
  ...['/bin', '/boot', '/etc', '/lib', '/lib32', '/lib64', '/run', '/sbin', '/usr', '/var/run'],
  ...['/var/cache', '/var/lib/containerd', '/var/lib/containers', '/var/lib/docker', '/var/log'],
];

/** Folders of many things, each of which may be data, but not all of them together. */
const SHARED = [
  ...[
    '/',
    '/home',
    '/media',
    '/mnt',
    '/opt',
    '/root',
    '/srv',
    '/tmp',
    '/var',
    '/var/lib',
    '/var/tmp',
    '/Users',
    '/Volumes',
  ],
];
const HOME = /^\/(home|Users)\/[^/]+$/;

/** Whether a folder is shared by so much that a server must not have it. */
export const isShared = (path: string): boolean => SHARED.includes(path) || HOME.test(path);

/** Why a folder cannot hold the data of a server; undefined when it may. */
function danger(path: string): string | undefined {
  if (isShared(path)) return 'it contains other things as well, whose owner would change';
  const isSystem = SYSTEM.some((folder) => isWithin(path, folder)) || reachesEngine(path) || reachesKernel(path);
  return isSystem ? "it is the host's own" : undefined;
}

const ALLOWED = 'a separate folder for the data';
const FIX = 'write a folder such as "/srv/open-webui"';

const safe: Rule = (settings) =>
  SECTIONS.flatMap((section): Problem[] => {
    const { folder } = settings[section];
    const reason = folder === undefined ? undefined : danger(folder);
    return reason === undefined ? [] : [{ path: [section, 'folder'], reason, allowed: ALLOWED, fix: FIX }];
  });

const apart: Rule = ({ valkey, webui }) =>
  valkey.folder !== undefined && webui.folder !== undefined && nested(valkey.folder, webui.folder)
    ? [
        {
          path: ['webui', 'folder'],
          reason: 'two servers in one folder would corrupt its data, and valkey.folder is the same or nested',
          allowed: 'a folder that does not overlap with that of Valkey',
          fix: 'change one of the two',
        },
      ]
    : [];

/** What has a meaning only with a volume. */
const alone: Rule = (settings, { given }) =>
  SECTIONS.flatMap((section) => {
    if (settings[section].folder === undefined) return [];
    const present = given[section];
    return ['volume', 'adoptVolume'].flatMap((key): Problem[] =>
      typeof present === 'object' && present !== null && Object.hasOwn(present, key)
        ? [
            {
              path: [section, key],
              reason: `the data is in ${section}.folder`,
              allowed: `nothing, together with ${section}.folder`,
              fix: `remove it; or remove ${section}.folder, and the data is in the volume`,
            },
          ]
        : [],
    );
  });

export const storageRules: readonly Rule[] = [safe, apart, alone];
