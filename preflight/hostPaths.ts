/** Folders and files of the Docker host that a stack uses, and volumes of others: whether they are there, and are what they are taken for. */

import * as pulumi from '@pulumi/pulumi';
import { RESTORE_AREA } from '../core/restore.ts';
import { VALKEY_USER } from '../core/valkey.ts';
import { WEBUI_USER } from '../core/webui.ts';
import type { Docker } from '../docker/client.ts';
import { existsOnHost, lookAtHost, type Place, samePlace } from '../docker/hostPaths.ts';
import { inspect } from '../docker/inspect.ts';
import type { Found } from '../docker/inventory.ts';
import type { Settings } from '../settings/parse.ts';
import type { Refusal } from './neighbours.ts';
import { ofStackFile } from './origin.ts';

type Section = 'valkey' | 'webui';
const SECTIONS = ['valkey', 'webui'] as const;

/** Names by which a folder shows that it is a server's data. */
const DATA: Readonly<Record<Section, readonly string[]>> = {
  valkey: ['dump.rdb', 'appendonlydir', 'appendonly.aof', RESTORE_AREA],
  webui: ['webui.db', 'uploads', 'vector_db', 'cache', RESTORE_AREA],
};

const PROGRAM: Readonly<Record<Section, string>> = { valkey: 'Valkey', webui: 'Open WebUI' };

/** What a new file system has in it. */
const ENTRIES_OF_NOBODY = ['lost+found'];

/** A path of the host, and what the stack wants with it. */
interface Wanted {
  /** What its setting belongs to. */
  owner: string;
  section: Section;
  path: string;
  /** Whether it holds the server's data; otherwise it is mounted besides. */
  isData: boolean;
}

export const wantedPaths = (settings: Pick<Settings, Section>, owner: string): Wanted[] =>
  SECTIONS.flatMap((section) => {
    const { folder, mounts } = settings[section];
    return [
      ...(folder === undefined ? [] : [{ owner, section, path: folder, isData: true }]),
      ...mounts.flatMap((one) =>
        one.folder === undefined ? [] : [{ owner, section, path: one.folder, isData: false }],
      ),
    ];
  });

const settingOf = ({ owner, section, isData }: Wanted): string => `${owner}:${section}.${isData ? 'folder' : 'mounts'}`;

const missing = (one: Wanted): Refusal => ({
  what: `${one.path}, which does not exist`,
  toDo: one.isData
    ? `correct ${settingOf(one)}; or, to start without data, create it on the Docker host: mkdir -p '${one.path}'`
    : `correct ${settingOf(one)}, or put it there on the Docker host`,
});

/** Why a place cannot hold a server's data; undefined when it can. @param known whether the stack has it already. */
function dataRefusal(one: Wanted, place: Place, known: boolean): Refusal | undefined {
  const { section, path } = one;
  if (place.kind !== 'folder')
    return { what: `${path}, which is not a folder`, toDo: `name the folder with the data in ${settingOf(one)}` };
  const entries = place.entries.filter((name) => !ENTRIES_OF_NOBODY.includes(name));
  if (known || entries.length === 0 || entries.some((name) => DATA[section].includes(name))) return undefined;
  const some = entries.slice(0, 3).join(', ');
  return {
    what: `${path}, which contains things other than data of ${PROGRAM[section]} (${some}${entries.length > 3 ? ', …' : ''})`,
    toDo: `name the folder with ${DATA[section][0]} in ${settingOf(one)}, or an empty one`,
  };
}

/** Why a place may not be mounted; undefined when it may. A link may lead where no setting could. */
function mountRefusal(one: Wanted, { sockets }: Place): Refusal | undefined {
  const engine = sockets.find((path) => /(^|\/)(docker|containerd|podman|crio)[\w.-]*\.sock$/.test(path));
  if (engine === undefined) return undefined;
  return {
    what: `${one.path}, which contains the socket of a container engine (${engine}): anyone who can reach it controls the host`,
    toDo: `remove it from ${settingOf(one)}`,
  };
}

/** The owner that a server's data gets; undefined where it stays as it is, as the server may read and write everything. */
const ownerOf = (section: Section, hardening: Settings['hardening']): string | undefined => {
  const user = section === 'valkey' ? VALKEY_USER : hardening === 'strict' ? WEBUI_USER : undefined;
  return user && `${user.user}:${user.group}`;
};

/** What an update changes on the host, as sentences. */
const changesOf = (wanted: readonly Wanted[], places: ReadonlyMap<string, Place>, hardening: Settings['hardening']) =>
  wanted.flatMap(({ section, path, isData }) => {
    const owner = ownerOf(section, hardening);
    const present = places.get(path)?.owner;
    if (!isData || owner === undefined || present === undefined || present === owner) return [];
    return [
      `${path} on the Docker host belongs to ${present}: everything in it will belong to ${owner}, the user of ${PROGRAM[section]}`,
    ];
  });

/** Volumes that are mounted, and that the engine lacks: it would make them, empty. */
async function missingVolumes(docker: Docker, settings: Settings, owner: string): Promise<Refusal[]> {
  const wanted = SECTIONS.flatMap((section) =>
    settings[section].mounts.flatMap(({ volume }) => (volume === undefined ? [] : [{ section, volume }])),
  );
  const present = new Set(
    (
      await inspect(
        docker,
        'volume',
        wanted.map(({ volume }) => volume),
      )
    ).map(({ Name }) => Name),
  );
  return wanted
    .filter(({ volume }) => !present.has(volume))
    .map(({ section, volume }) => ({
      what: `the volume ${volume}, which does not exist`,
      toDo: `correct ${owner}:${section}.mounts, or create it: docker volume create ${volume}`,
    }));
}

async function look(
  docker: Docker,
  wanted: readonly Wanted[],
  image: string | undefined,
): Promise<Map<string, Place> | Set<string>> {
  const paths = wanted.map(({ path }) => path);
  if (image !== undefined) return lookAtHost(docker, image, paths);
  // Without an image nothing can be seen but whether it exists.
  const exist = await Promise.all(paths.map((path) => existsOnHost(docker, path)));
  return new Set(paths.filter((_, index) => exist[index]));
}

/** Two servers whose folders are one, by whatever links. */
function shared(wanted: readonly Wanted[], places: ReadonlyMap<string, Place>): Refusal[] {
  const [one, other] = wanted.filter(({ isData }) => isData);
  const [first, second] = [places.get(one?.path ?? ''), places.get(other?.path ?? '')];
  if (!one || !other || !first || !second || !samePlace(first, second)) return [];
  return [
    {
      what: `${one.path} and ${other.path}, which are the same or nested: two servers would corrupt the data`,
      toDo: `choose another ${settingOf(other)}`,
    },
  ];
}

/**
 * Refuses paths of the Docker host and volumes of others that are not there: the engine would make some of them, and a typing error would start an
 * empty chat. Refuses folders for data that hold something else, and mounts that lead to the socket of an engine. Says whose files change their owner.
 *
 * @param image an image of the engine with a shell, if there is one.
 * @param present what the stack has on the engine.
 * @param owner what the settings belong to.
 * @throws pulumi.RunError with every path and volume that cannot be used, and what to do.
 */
export async function requireHostPaths(
  docker: Docker,
  settings: Settings,
  {
    image,
    present,
    owner = ofStackFile().owner,
  }: { image: string | undefined; present: readonly Found[]; owner?: string },
): Promise<void> {
  const wanted = wantedPaths(settings, owner);
  const seen = await Promise.all([
    wanted.length === 0 ? new Set<string>() : look(docker, wanted, image),
    missingVolumes(docker, settings, owner),
  ]).catch((error: Error) => error);
  if (seen instanceof Error) {
    const text = `Could not inspect what the stack uses on the Docker host: ${seen.message}`;
    if (!pulumi.runtime.isDryRun()) throw new pulumi.RunError(`${text}. Nothing was created or changed.`);
    await pulumi.log.warn(`${text}.`);
    return;
  }
  const [found, volumes] = seen;
  const places = found instanceof Map ? found : new Map<string, Place>();
  const isKnown = (path: string) => present.some((one) => one.kind === 'container' && one.volumes.includes(path));
  const refusals = [
    ...wanted.flatMap((one): Refusal[] => {
      const place = places.get(one.path);
      if (!found.has(one.path)) return [missing(one)];
      if (!place) return [];
      return [one.isData ? dataRefusal(one, place, isKnown(one.path)) : mountRefusal(one, place)].filter(
        (refusal) => refusal !== undefined,
      );
    }),
    ...shared(wanted, places),
    ...volumes,
  ];
  if (refusals.length > 0) {
    throw new pulumi.RunError(
      `Some of what the stack ${pulumi.getStack()} uses on the Docker host is unusable. Nothing was created or changed.\n${refusals
        .map(({ what, toDo }) => `  ${what}\n    to do: ${toDo}\n`)
        .join('')}`,
    );
  }
  for (const text of changesOf(wanted, places, settings.hardening)) await pulumi.log.info(text);
}
