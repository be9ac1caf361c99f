/** Plain Debian as a folder or a base image, from the mirrors that this machine itself uses. */

import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '../../core/errors.mjs';
import { LOCAL } from '../../core/images.ts';
import { cached } from '../../system/cache.mjs';
import { capture, run, which } from '../../system/exec.mjs';
import { aptInstall } from '../apt.ts';
import { type Building, runBound } from './machine.ts';

const RELEASES = { bookworm: 'Debian 12', trixie: 'Debian 13' } as const;
export type Suite = keyof typeof RELEASES;

/** Where packages come from; the second is missing where apt knows none. */
interface Mirrors {
  main: string;
  security: string | undefined;
}
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Never part of an image: the machine's own name and resolver, package lists, manuals, translations. */
const LEFT_OUT = [
  ...[
    './dev/*',
    './proc/*',
    './sys/*',
    './etc/hostname',
    './etc/resolv.conf',
    './var/cache/apt/*',
    './var/lib/apt/lists/*',
  ],
  ...['./var/log/*', './usr/share/man/*', './usr/share/info/*', './usr/share/locale/*'],
];

export const baseImage = (suite: Suite): string => `${LOCAL}debian:${suite}`;

/**
 * Fills the folder `root` with a plain Debian, up to date.
 *
 * @param packages what is installed besides, without what these recommend.
 */
export async function debianRoot(
  suite: Suite,
  root: string,
  building: Omit<Building, 'docker' | 'architecture'>,
  packages: readonly string[] = [],
): Promise<void> {
  const { progress, env, log } = building;
  if (!which('debootstrap', env['PATH']) || !existsSync(KEYRING)) {
    progress('installing debootstrap');
    await aptInstall(['debootstrap', 'debian-archive-keyring'], { env, log });
  }
  const mirror = await mirrors(building);
  const proxy = await aptProxy(building);
  const options = { env: { ...env, DEBIAN_FRONTEND: 'noninteractive', ...(proxy && { http_proxy: proxy }) }, log };

  progress(`${RELEASES[suite]} (debootstrap)`);
  const include = mirror.main.startsWith('https:') ? ['--include=ca-certificates'] : [];
  const bootstrap = [
    '--variant=minbase',
    '--force-check-gpg',
    `--keyring=${KEYRING}`,
    ...include,
    suite,
    root,
    mirror.main,
  ];
  await runBound('debootstrap', bootstrap, options);

  progress(`${RELEASES[suite]} (updates)`);
  configure(root, suite, mirror, proxy);
  const apt = (...args: string[]) => runBound('chroot', [root, 'apt-get', ...args], options);
  await apt('update');
  await apt('upgrade', '-y', '--no-install-recommends');
  if (packages.length === 0) return;
  progress(`${RELEASES[suite]} (${packages.join(', ')})`);
  await apt('install', '-y', '--no-install-recommends', ...packages);
}

/** Makes the {@link baseImage} of a suite. */
export async function debianBase(suite: Suite, building: Building): Promise<void> {
  const { progress, env, log } = building;
  const root = cached('debian', suite);
  const archive = `${root}.tar`;
  const clear = () => {
    for (const path of [root, archive]) rmSync(path, { recursive: true, force: true });
  };
  clear();
  mkdirSync(dirname(root), { recursive: true });
  await debianRoot(suite, root, building);

  progress(`${RELEASES[suite]} base (import)`);
  const options = { env, log };
  const exclude = LEFT_OUT.map((pattern) => `--exclude=${pattern}`);
  await runBound('tar', ['--numeric-owner', '--one-file-system', ...exclude, '-C', root, '-cf', archive, '.'], options);
  await runBound('docker', ['import', '--change', 'CMD ["bash"]', archive, baseImage(suite)], options);
  clear();
}

function configure(root: string, suite: Suite, { main, security }: Mirrors, proxy: string | undefined): void {
  const sources = [`deb ${main} ${suite} main`, `deb ${main} ${suite}-updates main`];
  if (security) sources.push(`deb ${security} ${suite}-security main`);
  writeFileSync(join(root, 'etc/apt/sources.list'), `${sources.join('\n')}\n`);
  if (proxy) writeFileSync(join(root, 'etc/apt/apt.conf.d/proxy'), `Acquire::http::Proxy "${proxy}";\n`);
  const unwanted = ['man', 'info', 'locale'].map((name) => `path-exclude /usr/share/${name}/*`);
  writeFileSync(join(root, 'etc/dpkg/dpkg.cfg.d/slim'), `${unwanted.join('\n')}\n`);
  // While an image is built, no package's script may start its service.
  writeFileSync(join(root, 'usr/sbin/policy-rc.d'), '#!/bin/sh\nexit 101\n', { mode: 0o755 });
}

/** The Debian mirrors in this machine's apt configuration, whatever its format; Ubuntu has none, there the variables name them. */
async function mirrors({ env, log }: Pick<Building, 'env' | 'log'>): Promise<Mirrors> {
  const listed = async () => {
    const fields = '$(ORIGIN)|$(COMPONENT)|$(LABEL)|$(REPO_URI)';
    const targets = await run('apt-get', ['indextargets', '--format', fields, 'Created-By: Packages'], { env });
    const rows = targets.split('\n');
    const uri = (label: string) => rows.find((row) => row.startsWith(`Debian|main|${label}|http`))?.split('|')[3];
    const { DEBIAN_MIRROR: main = uri('Debian'), DEBIAN_SECURITY_MIRROR: security = uri('Debian-Security') } = env;
    return { main, security };
  };
  let found = await listed();
  if (!found.main) {
    // Nothing is listed before the first update.
    await capture('apt-get', ['update'], { env, log });
    found = await listed();
  }
  const { main, security } = found;
  if (!main) {
    throw new UserError(
      'apt on this machine knows no Debian mirror over http(s).\n  Name one: DEBIAN_MIRROR=<address> (and DEBIAN_SECURITY_MIRROR), or pull or load the images.',
    );
  }
  return { main, security };
}

/** apt has a proxy setting of its own, which debootstrap does not read. */
async function aptProxy({ env }: Pick<Building, 'env'>): Promise<string | undefined> {
  const shown = await run('apt-config', ['shell', 'PROXY', 'Acquire::http::Proxy'], { env });
  return /^PROXY='(http.*)'$/m.exec(shown)?.[1];
}
