/** The way from the present deployment to the stack, as commands in their order, and the way back. */

import { posix } from 'node:path';
import { WEBUI_DATA } from '../../core/webui.ts';
import { dataMountOf, dataPlaceOf, hasDatabaseElsewhere, hasOnlyCopy } from './data.ts';
import { type Found, madeUpNames } from './find.ts';
import type { Mount, Service, Source } from './source.ts';

export interface Step {
  text: string;
  commands: readonly string[];
}

export interface Plan {
  steps: readonly Step[];
  back: readonly Step[];
  /** What remains to be done when it works. */
  after: readonly Step[];
}

/** A word of a command line for a POSIX shell. */
const quoted = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
const line = (...words: readonly string[]) => words.map(quoted).join(' ');

/** Where a web UI that was given no key keeps the one that it has made. */
const keyFile = ({ env }: Service) =>
  posix.resolve(posix.dirname(WEBUI_DATA), env['WEBUI_SECRET_KEY_FILE'] || '.webui_secret_key');

/** The name of a container today. */
const containerOf = (source: Source, service: Service) =>
  service.container ?? madeUpNames(source, service)[0] ?? service.name;

const BEFORE = '-before';

/** A container that is put aside, so that it can come back exactly as it was. */
function aside(service: Service): string[] {
  const { name, networks } = service;
  return [
    line('docker', 'stop', name),
    line('docker', 'update', '--restart', 'no', name),
    line('docker', 'rename', name, name + BEFORE),
    ...networks.map(({ network }) => line('docker', 'network', 'disconnect', network, name + BEFORE)),
  ];
}

function backAgain({ name, networks, rest }: Service): string[] {
  return [
    line('docker', 'rename', name + BEFORE, name),
    ...networks.map(({ network, aliases, ipv4, ipv6 }) =>
      line(
        ...['docker', 'network', 'connect', ...aliases.flatMap((alias) => ['--alias', alias])],
        ...[...(ipv4 ? ['--ip', ipv4] : []), ...(ipv6 ? ['--ip6', ipv6] : []), network, name],
      ),
    ),
    line('docker', 'update', '--restart', String(rest['restart'] ?? 'no'), name),
    line('docker', 'start', name),
  ];
}

/** Copies the data, so that an older release can have it again. */
function copy(image: string, mount: Mount | undefined, from: 'data' | 'copy'): string[] {
  if (!mount) return [];
  const place = mount.kind === 'folder' ? mount.folder : (mount.name ?? '');
  const [source, target] = from === 'data' ? [place, place + BEFORE] : [place + BEFORE, place];
  const clear = from === 'copy' ? 'find /to -mindepth 1 -delete && ' : '';
  const volumes = ['--volume', `${source}:/from:ro`, '--volume', `${target}:/to`];
  return [line('docker', 'run', '--rm', '--entrypoint', 'sh', ...volumes, image, '-c', `${clear}cp -a /from/. /to/`)];
}

export interface Moving {
  stack: string;
  /** Whether the web UI starts as a newer release. */
  upgrades: boolean;
  /** Whether the session key is taken along already. */
  hasKey: boolean;
  /** Volume of the stack for the data of a web UI that mounts nothing. */
  volume: string;
}

/** The key that a web UI without one has made for itself, read from where it keeps it, without showing it. */
function keepKey(source: Source, webui: Service, stack: string): Step {
  const from = line('docker', 'exec', containerOf(source, webui), 'cat', keyFile(webui));
  const to = `npm run pulumi -- config set --secret --path webui.sessionKey --stack ${stack}`;
  return {
    text: 'Take the session key along, while the web UI still runs: it has made one of its own. Without this, everybody signs in once more.',
    commands: [`${from} | ${to}`],
  };
}

/** Data that only the container itself has. */
function rescue(source: Source, webui: Service, volume: string): Step {
  const name = containerOf(source, webui);
  return {
    text: `Take the data out of the container: nothing is mounted at ${dataPlaceOf(webui)}, so it would be gone with it.`,
    commands: [
      line('docker', 'stop', name),
      line('docker', 'create', '--name', `${name}-data`, '--volume', `${volume}:${WEBUI_DATA}`, webui.image),
      `${line('docker', 'cp', `${name}:${dataPlaceOf(webui)}/.`, '-')} | ${line('docker', 'cp', '-', `${name}-data:${WEBUI_DATA}`)}`,
      line('docker', 'rm', `${name}-data`),
    ],
  };
}

/** A container of a Compose project that has the only copy of its data: it is kept, and Compose knows it again by its labels. */
function kept(source: Source, service: Service): { aside: string[]; back: string[] } {
  const name = containerOf(source, service);
  const restart = (policy: string) => line('docker', 'update', '--restart', policy, name + BEFORE);
  return {
    aside: [line('docker', 'rename', name, name + BEFORE), restart('no')],
    back: [restart(String(service.rest['restart'] ?? 'no')), line('docker', 'rename', name + BEFORE, name)],
  };
}

/** The plan of a move. It keeps every volume: nothing in it is `down --volumes`. */
export function plan(source: Source, { webui, redis }: Found, { stack, upgrades, hasKey, volume }: Moving): Plan {
  const moved = [webui, ...(redis ? [redis] : [])];
  const names = moved.map(({ name }) => name);
  const byFile = source.kind === 'compose';
  const compose = ['docker', 'compose', ...source.compose];
  const mount = dataMountOf(webui);
  const elsewhere = hasDatabaseElsewhere(webui);
  const keep = byFile && hasOnlyCopy(webui) ? kept(source, webui) : undefined;
  const removed = keep ? names.slice(1) : names;
  const stop: Step = byFile
    ? {
        text: `Stop what moves, and only that. Volumes stay; never docker compose down -v.`,
        commands: [
          line(...compose, 'stop', ...names),
          ...(keep?.aside ?? []),
          ...(removed.length > 0 ? [line(...compose, 'rm', '--force', ...removed)] : []),
        ],
      }
    : { text: 'Stop what moves, and put it aside as it is.', commands: moved.flatMap(aside) };
  const restored = upgrades ? copy(webui.image, mount, 'copy') : [];
  return {
    steps: [
      ...(hasKey ? [] : [keepKey(source, webui, stack)]),
      ...(hasOnlyCopy(webui) ? [rescue(source, webui, volume)] : []),
      stop,
      ...(upgrades && (mount || elsewhere)
        ? [
            {
              text: `Copy the data: the newer release converts it, and the older one cannot read it then.${elsewhere ? ' The database is elsewhere: copy it with its own tools, such as pg_dump.' : ''}`,
              commands: copy(webui.image, mount, 'data'),
            },
          ]
        : []),
      {
        text: 'Deploy the stack. It takes the data over, and proves that all of it works: sign-in as well, with one of the accounts in OPEN_WEBUI_EMAIL and OPEN_WEBUI_PASSWORD.',
        commands: [`npm run up -- --stack ${stack}`],
      },
    ],
    back: [
      { text: 'Remove the stack, and keep its data:', commands: [`npm run down -- --stack ${stack}`] },
      ...(restored.length > 0 ? [{ text: 'Put the copy of the data back:', commands: restored }] : []),
      ...(upgrades && elsewhere ? [{ text: 'Put the copy of the database back.', commands: [] }] : []),
      {
        text: 'Start what was there before:',
        commands: byFile
          ? [...(keep?.back ?? []), line(...compose, 'up', '--detach', ...(keep ? ['--no-recreate'] : []), ...names)]
          : [...moved].reverse().flatMap(backAgain),
      },
    ],
    after: [
      ...(keep
        ? [
            {
              text: 'Remove what was put aside:',
              commands: [line('docker', 'rm', containerOf(source, webui) + BEFORE)],
            },
          ]
        : []),
      ...(source.project !== undefined && !byFile
        ? [
            {
              text: `Take them out of the files of the Compose project ${source.project}: docker compose up would make them again, on the same data.`,
              commands: [],
            },
          ]
        : []),
      byFile
        ? {
            text: `Take ${names.join(' and ')} out of ${source.files.join(', ')}: docker compose up would start ${names.length > 1 ? 'them' : 'it'} again${keep ? '' : ', on the same data'}.`,
            commands: [],
          }
        : {
            text: 'Remove what was put aside:',
            commands: [line('docker', 'rm', ...names.map((name) => name + BEFORE))],
          },
    ],
  };
}
