/**
 * What has to happen before another release of the web UI takes over its data: part of the program, so that a plain `pulumi up` has it too.
 * The data decides, not a container that happens to exist.
 */

import * as pulumi from '@pulumi/pulumi';
import { UserError } from '../core/errors.mjs';
import type { Owner } from '../core/labels.ts';
import { isSwarm, type PlatformSetting } from '../core/platform.ts';
import { deploysPostgres } from '../core/postgres.ts';
import { RESTORE_AREA, RESTORING } from '../core/restore.ts';
import { type Storage, sourceOf, storageOf } from '../core/storage.ts';
import { type Duration, toSeconds } from '../core/units.ts';
import { WEBUI_DATA } from '../core/webui.ts';
import type { Docker } from '../docker/client.ts';
import { presentData } from '../docker/data.ts';
import { isHealthy } from '../docker/health.ts';
import { type Container, inspect, inspectContainer } from '../docker/inspect.ts';
import type { Found } from '../docker/inventory.ts';
import type { Database, Helper, Source } from '../ops/backup/index.ts';
import { requireReadable } from './downgrade.ts';
import { type ImageIds, knownImages, pulled } from './images.ts';
import { operatorPassword } from './operator.ts';
import { ofStackFile, type Subject } from './origin.ts';
import { type Server, type SeveralServers, serverOn, severalOn, severalServices } from './servers.ts';

/** What of a stack's settings matters here. */
interface Settings {
  platform?: PlatformSetting | undefined;
  webui: Server & { replicas?: number | undefined; backupBeforeUpgrade: boolean; upgradeTimeout: Duration };
  valkey: Server & { auth: boolean };
  database: Server & { kind: 'sqlite' | 'postgres'; url?: string | undefined };
  gateway: Server & { domain?: readonly string[] | undefined };
}

/** What the components need to know. */
export interface Prepared {
  /** What the references stand for on the engine; undefined where it has no such image yet. */
  imageIds: ImageIds;
  /** Where the new release has to be waited for. */
  extraStartTime?: Duration | undefined;
  /** The web UI's container, where an earlier update gave up on it and it has become healthy since. */
  late?: string | undefined;
}

/** @returns the error for an update that must not happen. */
const refused = (what: string, error: unknown, more = ''): pulumi.RunError => {
  if (error instanceof pulumi.RunError) return error;
  const { message, next = 'see what it says, and try again' } = error as Error & { next?: string };
  return new pulumi.RunError(
    `${what}${message}. Nothing was created or changed.\n  To do:             ${next}\n${more}`,
  );
};

/** The Postgres of a stack, and whether there is something to be dumped. */
type Postgres = NonNullable<Source['servers']['database']> & { runs: boolean };

/** What serves the data now. */
interface Servers {
  server: Container | undefined;
  store: Found | undefined;
  database: Postgres | undefined;
  several: SeveralServers | undefined;
}

/** Work on the data of a stack before an update of it. */
class Preparation {
  readonly #docker: Docker;
  readonly #settings: Settings;
  readonly #subject: Subject;
  readonly #preview = pulumi.runtime.isDryRun();
  readonly #owner: Owner = { project: pulumi.getProject(), stack: pulumi.getStack() };
  readonly #server: Container | undefined;
  readonly #store: Found | undefined;
  readonly #database: Postgres | undefined;
  readonly #several: Servers['several'];

  constructor(docker: Docker, settings: Settings, subject: Subject, { server, store, database, several }: Servers) {
    this.#docker = docker;
    this.#settings = settings;
    this.#subject = subject;
    this.#server = server;
    this.#store = store;
    this.#database = database;
    this.#several = several;
  }

  async #source(): Promise<Source> {
    const { webui, valkey, database, gateway } = this.#settings;
    const service = isSwarm(this.#settings) ? (name: string) => ({ service: name }) : undefined;
    return {
      ...{ docker: this.#docker, owner: this.#owner },
      commands: this.#subject.commands,
      servers: {
        webui: {
          ...{ container: this.#server?.Name.slice(1) ?? webui.name, ...storageOf(webui) },
          ...(service && { ...service(webui.name), replicas: webui.replicas }),
        },
        valkey: {
          ...{ container: this.#store?.name ?? valkey.name, ...storageOf(valkey), ...service?.(valkey.name) },
          operatorPassword: valkey.auth ? await operatorPassword(this.#subject) : '',
          ...(this.#several && { several: this.#several }),
        },
        ...(this.#database && { database: { ...this.#database, ...service?.(database.name) } }),
        ...(gateway.domain && {
          gateway: { container: gateway.name, volume: gateway.volume, ...service?.(gateway.name) },
        }),
      },
    };
  }

  /** Waits for a server that is on its way, as it may be in the middle of a migration; returns whether it is well now. */
  async #wait(server: Container): Promise<boolean> {
    const { isStarting, waitWhileStarting } = await import('../ops/backup/index.ts');
    if (!(await isStarting(this.#docker, server))) return false;
    const seconds = toSeconds(this.#settings.webui.upgradeTimeout);
    const show = (line: string) => void pulumi.log.info(line);
    return waitWhileStarting(this.#docker, server.Name.slice(1), { seconds, show }).catch((error: unknown) => {
      throw refused('', error);
    });
  }

  async #withHelper<Result>(
    image: string,
    work: (helper: Helper, source: Source, isWhole: boolean) => Promise<Result>,
  ): Promise<Result> {
    const { helperFor, withHelper } = await import('../ops/backup/index.ts');
    const source = await this.#source();
    // The web UI's is named when it is gone.
    const { webui: _, ...others } = source.servers;
    const named = Object.entries(others).flatMap(([name, server]) => (server ? [[name, server] as const] : []));
    const found = await presentData(this.#docker, Object.fromEntries(named));
    const data = { webui: storageOf(this.#settings.webui), ...found };
    const options = { ...helperFor(source), operation: 'backup', image, data } as const;
    return withHelper(options, (helper) => work(helper, source, found['valkey'] !== undefined));
  }

  /** @returns what was done, and how to go back. */
  async #backup(image: string): Promise<string> {
    const { backupFolder, passphraseOfEnvironment, requireLasting, take } = await import('../ops/backup/index.ts');
    requireLasting();
    if (this.#database?.runs === false) {
      throw new UserError(
        `the server ${this.#database.container} is not running, so its database cannot be dumped`,
        `set webui.image to the release that last used the data, ${this.#subject.commands.up}, then try again`,
      );
    }
    const { file, manifest } = await take(await this.#source(), {
      ...{ to: backupFolder(), passphrase: passphraseOfEnvironment(), image },
    });
    const old = this.#server?.Config.Image;
    const by = old === undefined || old === this.#settings.webui.image ? 'the previous release' : old;
    return [
      `a backup was made before ${this.#settings.webui.image} takes over the data of ${by}: ${file}`,
      ...manifest.warnings.map((warning) => `  Note:        ${warning}`),
      `  To go back:  set webui.image to ${by} again, and`,
      `               ${this.#subject.commands.restore(file)}`,
    ].join('\n');
  }

  /**
   * Settles a restore that was killed, and looks at the database; undefined when there is nothing to look for.
   *
   * @param same whether the release stays the same.
   */
  #look(image: string, same: boolean): Promise<Database | undefined> {
    return this.#withHelper(image, async (helper, source, isWhole) => {
      const { databaseRevisions, lookAtDatabase, settle } = await import('../ops/backup/index.ts');
      // A restore has begun only where the data of both is there.
      const settled = isWhole && !this.#preview ? await settle(helper, source) : undefined;
      if (settled) await pulumi.log.info(settled);
      if (same) return undefined;
      return lookAtDatabase(helper, source.servers.database && { revisions: await databaseRevisions(source) });
    });
  }

  /**
   * @param image what the reference stands for now; undefined in a preview, when the engine lacks it.
   * @param unsettled whether the data is that of a restore which was killed.
   * @returns whether another release takes over the data, and whether an earlier one is only late.
   */
  async takeOver(image: string | undefined, unsettled: boolean): Promise<Pick<Prepared, 'extraStartTime' | 'late'>> {
    const { webui } = this.#settings;
    const server = this.#server;
    const serves = server?.State.Running === true && !server.State.Restarting;
    const same = image !== undefined && server?.Image === image;
    if (serves && same && isHealthy(server) && !unsettled) return {};
    const { isRestoring } = await import('../ops/backup/index.ts');
    if (await isRestoring(this.#docker, this.#owner)) {
      // The restore that runs this update starts the data of a backup.
      if (process.env[RESTORING] || this.#preview) return {};
      throw refused(
        '',
        new UserError('A restore of this stack is in progress', 'wait until it has ended, then try again'),
      );
    }
    const late = serves && !this.#preview && (await this.#wait(server));
    // On Swarm the provider has noted all of a service.
    const kept = serves && same && late && !isSwarm(this.#settings) ? { late: server.Name.slice(1) } : {};
    if (kept.late) {
      await pulumi.log.info(
        `${kept.late} has become healthy in the meantime and is kept. Pulumi's state has it only in part, and shows an update until a refresh: ${this.#subject.commands.refresh}`,
      );
    }
    if (serves && same && !unsettled) return kept;
    if (image === undefined) {
      await pulumi.log.info(`${webui.image} may take over data: the update checks that, and makes a backup first`);
      return {};
    }
    const without = `  Or skip it:         webui.backupBeforeUpgrade: false in ${this.#subject.file}\n`;
    try {
      const database = await this.#look(image, same);
      if (!database?.data) return kept;
      requireReadable(webui, database.unknown, this.#subject.commands);
      // After `down` nothing runs that could be dumped, and the same release changes nothing.
      if (!server && database.served && this.#database?.runs === false) return {};
      const another = { extraStartTime: webui.upgradeTimeout };
      if (!webui.backupBeforeUpgrade) return another;
      if (this.#preview)
        await pulumi.log.info(
          `${webui.image} takes over the data in ${sourceOf(storageOf(webui))}: the update makes a backup first`,
        );
      else await pulumi.log.info(await this.#backup(image));
      return another;
    } catch (error) {
      if (same) throw refused('An earlier restore could not be completed: ', error);
      throw refused(`The web UI was not upgraded to ${webui.image}, because there is no backup: `, error, without);
    }
  }
}

/** Whether a server runs with the data of a restore that was killed before its end. */
async function isUnsettled(docker: Docker, container: string): Promise<boolean> {
  const script = `set -- ${WEBUI_DATA}/${RESTORE_AREA}/phase.*; test -e "$1"`;
  return (await docker.capture(['exec', container, 'sh', '-c', script])).code === 0;
}

/**
 * Gets the images, makes a backup before another release takes over the web UI's data, waits for one that is in the middle of its start, and settles a restore
 * that was killed. Call it before anything is registered.
 *
 * @param look the engine as it was when the checks began; `docker` sees what this changes.
 * @param present what the stack has on the engine; nothing when it could not be looked at.
 * @param scratch whether the state exists for one preview only, which looks at no data.
 * @throws pulumi.RunError when there can be no backup, or when the image cannot read the data: then there is no upgrade.
 */
export async function prepareData(
  { docker, look }: Record<'docker' | 'look', Docker>,
  settings: Settings,
  present: readonly Found[],
  { scratch = false, subject = ofStackFile() }: { scratch?: boolean; subject?: Subject } = {},
): Promise<Prepared> {
  const { webui, valkey, database, gateway } = settings;
  if (scratch) return { imageIds: {} };
  const old = serverOn(webui, present);
  const seen = await Promise.all([
    old && inspectContainer(look, old.name),
    inspect(look, 'image', [webui.image]),
    inspect(look, 'image', [valkey.image]),
    // A preview changes nothing.
    old?.runs && !pulumi.runtime.isDryRun() ? isUnsettled(look, old.name) : false,
    deploysPostgres(database) ? inspect(look, 'image', [database.image]) : [],
    gateway.domain === undefined ? [] : inspect(look, 'image', [gateway.image]),
  ]).catch((error: Error) => error);
  if (seen instanceof Error) {
    // A review need not reach the engine. Without what was there, the preview would show a replacement.
    if (pulumi.runtime.isDryRun()) return { imageIds: await knownImages(subject) };
    throw refused('Could not inspect the images of the stack: ', seen);
  }
  const [server, [image], [store], unsettled, postgres, door] = seen;
  const idOf = async (reference: string, found: { Id: string } | undefined) =>
    found?.Id ?? (pulumi.runtime.isDryRun() ? undefined : pulled(docker, reference, subject.commands));
  const imageIds = {
    webui: await idOf(webui.image, image),
    valkey: await idOf(valkey.image, store),
    ...(deploysPostgres(database) && { database: await idOf(database.image, postgres[0]) }),
    ...(gateway.domain && { gateway: await idOf(gateway.image, door[0]) }),
  };
  const has = (storage: Storage) =>
    // A folder exists: another check has seen to that.
    'folder' in storage || present.some(({ kind, name }) => kind === 'volume' && name === storage.volume);
  if (!has(storageOf(webui))) return { imageIds };
  const mine: Owner = { project: pulumi.getProject(), stack: pulumi.getStack() };
  const several = isSwarm(settings) ? await severalServices(look, valkey, present, mine) : severalOn(valkey, present);
  const preparation = new Preparation(docker, settings, subject, {
    ...{ server, store: serverOn(valkey, present), several },
    database:
      deploysPostgres(database) && has(storageOf(database))
        ? {
            ...{ container: serverOn(database, present)?.name ?? database.name, ...storageOf(database) },
            runs: serverOn(database, present)?.runs === true,
          }
        : undefined,
  });
  return { imageIds, ...(await preparation.takeOver(imageIds.webui, unsettled)) };
}
