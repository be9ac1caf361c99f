/** What a server may see of the Docker host besides its data, and where. */

import { posix } from 'node:path';
import { isWithin, nested, reachesEngine, reachesKernel } from '../../core/hostPaths.ts';
import { VALKEY_DATA } from '../../core/valkey.ts';
import { WEBUI_DATA, WEBUI_PROGRAM, WEBUI_SECRETS } from '../../core/webui.ts';
import type { Problem } from '../problems.ts';
import type { Rule } from '../rule.ts';
import type { Checked } from '../schema.ts';
import { isShared } from './storage.ts';

type Section = 'valkey' | 'webui';
type Mount = Checked[Section]['mounts'][number];

const SECTIONS = ['valkey', 'webui'] as const;

/** Folders of a container that are its own, with all in them. */
const OWN: Readonly<Record<Section, readonly string[]>> = {
  valkey: [VALKEY_DATA],
  webui: [WEBUI_DATA, posix.dirname(WEBUI_SECRETS)],
};

/** What a container starts with: something may be mounted into these folders, nothing over them. */
const PROGRAMS: Readonly<Record<Section, readonly string[]>> = {
  valkey: ['/bin/sh', '/usr/bin', '/usr/lib', '/usr/local/bin', '/lib', '/etc/passwd'],
  webui: ['/bin/sh', '/usr/bin', '/usr/lib', '/usr/local/bin', '/lib', '/etc/passwd', ...WEBUI_PROGRAM],
};

interface Fault {
  /** The rest of a sentence about the mount. */
  reason: string;
  allowed: string;
  fix: string;
}

/** Why nothing may be mounted there; undefined when something may. */
function targetFault(section: Section, target: string): Fault | undefined {
  const own = OWN[section].find((path) => nested(target, path));
  if (own !== undefined) {
    return {
      reason: `it would hide ${own}, or a part of it that no backup would include`,
      allowed: `targets outside of ${own}`,
      fix: 'choose another target',
    };
  }
  if (reachesKernel(target) || PROGRAMS[section].some((path) => isWithin(path, target))) {
    return {
      reason: 'it would hide what the server starts from',
      allowed: 'a file, or a folder that the image does not need',
      fix: 'mount the files that you need, each at its own path',
    };
  }
  return undefined;
}

/** Why the host does not give that; undefined when it does. */
function sourceFault({ folder }: Mount): Fault | undefined {
  if (folder === undefined) return undefined;
  if (reachesEngine(folder)) {
    return {
      reason: 'anyone who can reach the socket of the container engine controls the host',
      allowed: 'files and folders without the socket of an engine',
      fix: 'remove it; run programs that control the engine outside containers',
    };
  }
  if (reachesKernel(folder) || isShared(folder) || folder === '/etc' || isWithin(folder, '/var/lib/docker')) {
    return {
      reason: "it exposes the host's own files, or everyone's",
      allowed: 'the files and folders that the server needs',
      fix: 'mount only those',
    };
  }
  return undefined;
}

/** Why a writable mount cannot be; undefined when it can. */
function writeFault({ folder, volume, readOnly }: Mount, settings: Checked): Fault | undefined {
  if (readOnly) return undefined;
  if (settings.hardening === 'strict') {
    return {
      reason: 'with hardening: strict the server writes to nothing but its data',
      allowed: 'readOnly: true, or hardening: standard',
      fix: 'remove readOnly: false',
    };
  }
  const isData = SECTIONS.some((section) => {
    const data = settings[section];
    if (data.folder === undefined) return data.volume === volume;
    return folder !== undefined && nested(folder, data.folder);
  });
  if (!isData) return undefined;
  return {
    reason: "it is a server's data, to which only that server may write",
    allowed: 'readOnly: true, or another source',
    fix: 'remove readOnly: false',
  };
}

const faultless: Rule = (settings, { isSecret }) =>
  SECTIONS.flatMap((section) =>
    settings[section].mounts.flatMap((mount): Problem[] => {
      const fault = targetFault(section, mount.target) ?? sourceFault(mount) ?? writeFault(mount, settings);
      if (!fault) return [];
      const { reason, ...rest } = fault;
      const which = isSecret(section) ? 'one of them' : `${mount.folder ?? mount.volume} at ${mount.target}`;
      return [{ path: [section, 'mounts'], reason: `${which}: ${reason}`, ...rest }];
    }),
  );

const apart: Rule = (settings, { isSecret }) =>
  SECTIONS.flatMap((section) => {
    const targets = settings[section].mounts.map(({ target }) => target);
    // With strict it is memory.
    const taken = settings.hardening === 'strict' && section === 'webui' ? ['/tmp'] : [];
    const twice = targets.find(
      (one, index) => taken.includes(one) || targets.some((other, place) => place < index && nested(one, other)),
    );
    if (twice === undefined) return [];
    return [
      {
        path: [section, 'mounts'],
        reason: `${isSecret(section) ? 'one target' : twice} is the same as another, or nested`,
        allowed: 'targets that do not overlap',
        fix: 'change one of the two',
      },
    ];
  });

export const mountRules: readonly Rule[] = [faultless, apart];
