/** The way from the present deployment to the stack, as commands in their order, and the way back. */

import { posix } from 'node:path';
import { WEBUI_DATA } from '../../core/webui.ts';
import { dataMountOf, dataPlaceOf, hasDatabaseElsewhere, hasOnlyCopy } from './data.ts';
import { type Found, madeUpNames } from './find.ts';
import type { Mount, Service, Source } from './source.ts';
import { inSwarm, mayBeInSwarm, taskOf } from './swarm.ts';

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

/** Puts a container that is stopped aside, as it is: without names on its networks, where the stack's are from now on. */
const aside = (name: string, { networks }: Service): string[] => [
  line('docker', 'update', '--restart', 'no', name),
  line('docker', 'rename', name, name + BEFORE),
  ...networks.map(({ network }) => line('docker', 'network', 'disconnect', network, name + BEFORE)),
];

/** Makes it again what it was; it still has to be started. */
const backAgain = (name: string, { networks, rest }: Service): string[] => [
  line('docker', 'rename', name + BEFORE, name),
  ...networks.map(({ network, aliases, ipv4, ipv6 }) =>
    line(
      ...['docker', 'network', 'connect', ...aliases.flatMap((alias) => ['--alias', alias])],
      ...[...(ipv4 ? ['--ip', ipv4] : []), ...(ipv6 ? ['--ip6', ipv6] : []), network, name],
    ),
  ),
  line('docker', 'update', '--restart', String(rest['restart'] ?? 'no'), name),
];

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

/** The container of the web UI as a word of a command line, and how it is kept from writing while it is copied. */
interface Running {
  container: string;
  hold: 'stop' | 'pause';
}

const running = (source: Source, webui: Service): Running => ({
  container: quoted(containerOf(source, webui)),
  hold: 'stop',
});
/** A Swarm replaces a container that is stopped, and removes it. */
const runningInSwarm = (source: Source, webui: Service): Running => ({
  container: taskOf(source, webui),
  hold: 'pause',
});

/** The key that a web UI without one has made for itself, read from where it keeps it, without showing it. */
const keyCommands = (webui: Service, stack: string, { container }: Running): string[] => [
  `docker exec ${container} ${line('cat', keyFile(webui))} | npm run pulumi -- config set --secret --path webui.sessionKey --stack ${stack}`,
];

/** Takes data out of the container that alone has it. */
function rescueCommands(source: Source, webui: Service, volume: string, { container, hold }: Running): string[] {
  const helper = `${containerOf(source, webui)}-data`;
  return [
    `docker ${hold} ${container}`,
    line('docker', 'create', '--name', helper, '--volume', `${volume}:${WEBUI_DATA}`, webui.image),
    `docker cp ${container}:${line(`${dataPlaceOf(webui)}/.`, '-')} | ${line('docker', 'cp', '-', `${helper}:${WEBUI_DATA}`)}`,
    line('docker', 'rm', helper),
  ];
}

/** A step, and what takes its place where the same file was started by `docker stack deploy`. */
function withSwarm(moved: readonly Service[], step: Step, commands: () => readonly string[], more = ''): Step[] {
  if (!moved.some(mayBeInSwarm)) return [step];
  return [step, { text: `Only if docker stack deploy started it, instead:${more}`, commands: commands() }];
}

/** The plan of a move. It keeps every volume: nothing in it is `down --volumes`. */
export function plan(source: Source, { webui, redis }: Found, { stack, upgrades, hasKey, volume }: Moving): Plan {
  const moved = [webui, ...(redis ? [redis] : [])];
  const names = moved.map(({ name }) => name);
  const byFile = source.kind === 'compose';
  const compose = ['docker', 'compose', ...source.compose];
  const mount = dataMountOf(webui);
  const elsewhere = hasDatabaseElsewhere(webui);
  // A container with the only copy of its data or of its key is kept; Compose knows it again by its labels.
  const kept = byFile && (hasOnlyCopy(webui) || !hasKey) ? containerOf(source, webui) : undefined;
  const removed = kept === undefined ? names : names.slice(1);
  const stop: Step = byFile
    ? {
        text: `Stop what moves, and only that. Volumes stay; never docker compose down -v.`,
        commands: [
          line(...compose, 'stop', ...names),
          ...(kept === undefined ? [] : aside(kept, webui)),
          ...(removed.length > 0 ? [line(...compose, 'rm', '--force', ...removed)] : []),
        ],
      }
    : {
        text: 'Stop what moves, and set it aside unchanged.',
        commands: moved.flatMap((one) => [line('docker', 'stop', one.name), ...aside(one.name, one)]),
      };
  const scale = (to: number, services: readonly Service[]) => [
    line('docker', 'service', 'scale', ...services.map((one) => `${inSwarm(source, one)}=${to}`)),
  ];
  const restored = upgrades ? copy(webui.image, mount, 'copy') : [];
  return {
    steps: [
      ...(hasKey
        ? []
        : withSwarm(
            moved,
            {
              text: 'Copy the session key while the web UI still runs: it generated its own. Without this, everyone signs in again once.',
              commands: keyCommands(webui, stack, running(source, webui)),
            },
            () => keyCommands(webui, stack, runningInSwarm(source, webui)),
          )),
      ...(hasOnlyCopy(webui)
        ? withSwarm(
            moved,
            {
              text: `Copy the data out of the container: nothing is mounted at ${dataPlaceOf(webui)}, so it would be lost with it.`,
              commands: rescueCommands(source, webui, volume, running(source, webui)),
            },
            () => rescueCommands(source, webui, volume, runningInSwarm(source, webui)),
            ` the copy in the volume ${volume} is then the only one, and the old installation would start without it.`,
          )
        : []),
      ...withSwarm(moved, stop, () => scale(0, moved)),
      ...(upgrades && (mount || elsewhere)
        ? [
            {
              text: `Copy the data: the newer release converts it, and the older one cannot read it then.${elsewhere ? ' The database is elsewhere: copy it with its own tools, such as pg_dump.' : ''}`,
              commands: copy(webui.image, mount, 'data'),
            },
          ]
        : []),
      {
        text: 'Deploy the stack. It adopts the data and proves that everything works, sign-in included, with one of the accounts in OPEN_WEBUI_EMAIL and OPEN_WEBUI_PASSWORD.',
        commands: [`npm run up -- --stack ${stack}`],
      },
    ],
    back: [
      { text: 'Remove the stack, and keep its data:', commands: [`npm run down -- --stack ${stack}`] },
      ...(restored.length > 0 ? [{ text: 'Put the copy of the data back:', commands: restored }] : []),
      ...(upgrades && elsewhere ? [{ text: 'Put the copy of the database back.', commands: [] }] : []),
      ...withSwarm(
        moved,
        {
          text: 'Start the old installation:',
          commands: byFile
            ? [
                ...(kept === undefined ? [] : backAgain(kept, webui)),
                line(...compose, 'up', '--detach', ...(kept === undefined ? [] : ['--no-recreate']), ...names),
              ]
            : [...moved].reverse().flatMap((one) => [...backAgain(one.name, one), line('docker', 'start', one.name)]),
        },
        () => scale(1, [...moved].reverse()),
      ),
    ],
    after: [
      ...(moved.some(mayBeInSwarm)
        ? [
            {
              text: 'Only if docker stack deploy started them, remove its services:',
              commands: [line('docker', 'service', 'rm', ...moved.map((one) => inSwarm(source, one)))],
            },
          ]
        : []),
      ...(kept !== undefined
        ? [
            {
              text: 'Remove what was set aside:',
              commands: [line('docker', 'rm', kept + BEFORE)],
            },
          ]
        : []),
      ...(source.project !== undefined && !byFile
        ? [
            {
              text: `Take them out of the files of the Compose project ${source.project}: docker compose up would create them again, on the same data.`,
              commands: [],
            },
          ]
        : []),
      byFile
        ? {
            text: `Take ${names.join(' and ')} out of ${source.files.join(', ')}: docker compose up would start ${names.length > 1 ? 'them' : 'it'} again${hasOnlyCopy(webui) ? '' : ', on the same data'}.`,
            commands: [],
          }
        : {
            text: 'Remove what was set aside:',
            commands: [line('docker', 'rm', ...names.map((name) => name + BEFORE))],
          },
    ],
  };
}
