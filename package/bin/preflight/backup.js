import * as pulumi from '@pulumi/pulumi';
import { UserError } from '../core/errors.mjs';
import { isSwarm } from '../core/platform.js';
import { deploysPostgres } from '../core/postgres.js';
import { RESTORE_AREA, RESTORING } from '../core/restore.js';
import { sourceOf, storageOf } from '../core/storage.js';
import { toSeconds } from '../core/units.js';
import { WEBUI_DATA } from '../core/webui.js';
import { presentData } from '../docker/data.js';
import { isHealthy } from '../docker/health.js';
import { inspect, inspectContainer } from '../docker/inspect.js';
import { requireReadable } from './downgrade.js';
import { knownImages, pulled } from './images.js';
import { operatorPassword } from './operator.js';
import { ofStackFile } from './origin.js';
import { serverOn, severalOn, severalServices } from './servers.js';
const refused = (what, error, more = '') => {
    if (error instanceof pulumi.RunError)
        return error;
    const { message, next = 'see what it says, and try again' } = error;
    return new pulumi.RunError(`${what}${message}. Nothing was created or changed.\n  To do:             ${next}\n${more}`);
};
class Preparation {
    #docker;
    #settings;
    #subject;
    #preview = pulumi.runtime.isDryRun();
    #owner = { project: pulumi.getProject(), stack: pulumi.getStack() };
    #server;
    #store;
    #database;
    #several;
    constructor(docker, settings, subject, { server, store, database, several }) {
        this.#docker = docker;
        this.#settings = settings;
        this.#subject = subject;
        this.#server = server;
        this.#store = store;
        this.#database = database;
        this.#several = several;
    }
    async #source() {
        const { webui, valkey, database, gateway } = this.#settings;
        const service = isSwarm(this.#settings) ? (name) => ({ service: name }) : undefined;
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
    async #wait(server) {
        const { isStarting, waitWhileStarting } = await import('../ops/backup/index.js');
        if (!(await isStarting(this.#docker, server)))
            return false;
        const seconds = toSeconds(this.#settings.webui.upgradeTimeout);
        const show = (line) => void pulumi.log.info(line);
        return waitWhileStarting(this.#docker, server.Name.slice(1), { seconds, show }).catch((error) => {
            throw refused('', error);
        });
    }
    async #withHelper(image, work) {
        const { helperFor, withHelper } = await import('../ops/backup/index.js');
        const source = await this.#source();
        const { webui: _, ...others } = source.servers;
        const named = Object.entries(others).flatMap(([name, server]) => (server ? [[name, server]] : []));
        const found = await presentData(this.#docker, Object.fromEntries(named));
        const data = { webui: storageOf(this.#settings.webui), ...found };
        const options = { ...helperFor(source), operation: 'backup', image, data };
        return withHelper(options, (helper) => work(helper, source, found['valkey'] !== undefined));
    }
    async #backup(image) {
        const { backupFolder, passphraseOfEnvironment, requireLasting, take } = await import('../ops/backup/index.js');
        requireLasting();
        if (this.#database?.runs === false) {
            throw new UserError(`the server ${this.#database.container} is not running, so its database cannot be dumped`, `set webui.image to the release that last used the data, ${this.#subject.commands.up}, then try again`);
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
    #look(image, same) {
        return this.#withHelper(image, async (helper, source, isWhole) => {
            const { databaseRevisions, lookAtDatabase, settle } = await import('../ops/backup/index.js');
            const settled = isWhole && !this.#preview ? await settle(helper, source) : undefined;
            if (settled)
                await pulumi.log.info(settled);
            if (same)
                return undefined;
            return lookAtDatabase(helper, source.servers.database && { revisions: await databaseRevisions(source) });
        });
    }
    async takeOver(image, unsettled) {
        const { webui } = this.#settings;
        const server = this.#server;
        const serves = server?.State.Running === true && !server.State.Restarting;
        const same = image !== undefined && server?.Image === image;
        if (serves && same && isHealthy(server) && !unsettled)
            return {};
        const { isRestoring } = await import('../ops/backup/index.js');
        if (await isRestoring(this.#docker, this.#owner)) {
            if (process.env[RESTORING] || this.#preview)
                return {};
            throw refused('', new UserError('A restore of this stack is in progress', 'wait until it has ended, then try again'));
        }
        const late = serves && !this.#preview && (await this.#wait(server));
        const kept = serves && same && late && !isSwarm(this.#settings) ? { late: server.Name.slice(1) } : {};
        if (kept.late) {
            await pulumi.log.info(`${kept.late} has become healthy in the meantime and is kept. Pulumi's state has it only in part, and shows an update until a refresh: ${this.#subject.commands.refresh}`);
        }
        if (serves && same && !unsettled)
            return kept;
        if (image === undefined) {
            await pulumi.log.info(`${webui.image} may take over data: the update checks that, and makes a backup first`);
            return {};
        }
        const without = `  Or skip it:         webui.backupBeforeUpgrade: false in ${this.#subject.file}\n`;
        try {
            const database = await this.#look(image, same);
            if (!database?.data)
                return kept;
            requireReadable(webui, database.unknown, this.#subject.commands);
            if (!server && database.served && this.#database?.runs === false)
                return {};
            const another = { extraStartTime: webui.upgradeTimeout };
            if (!webui.backupBeforeUpgrade)
                return another;
            if (this.#preview)
                await pulumi.log.info(`${webui.image} takes over the data in ${sourceOf(storageOf(webui))}: the update makes a backup first`);
            else
                await pulumi.log.info(await this.#backup(image));
            return another;
        }
        catch (error) {
            if (same)
                throw refused('An earlier restore could not be completed: ', error);
            throw refused(`The web UI was not upgraded to ${webui.image}, because there is no backup: `, error, without);
        }
    }
}
async function isUnsettled(docker, container) {
    const script = `set -- ${WEBUI_DATA}/${RESTORE_AREA}/phase.*; test -e "$1"`;
    return (await docker.capture(['exec', container, 'sh', '-c', script])).code === 0;
}
export async function prepareData({ docker, look }, settings, present, { scratch = false, subject = ofStackFile() } = {}) {
    const { webui, valkey, database, gateway } = settings;
    if (scratch)
        return { imageIds: {} };
    const old = serverOn(webui, present);
    const seen = await Promise.all([
        old && inspectContainer(look, old.name),
        inspect(look, 'image', [webui.image]),
        inspect(look, 'image', [valkey.image]),
        old?.runs && !pulumi.runtime.isDryRun() ? isUnsettled(look, old.name) : false,
        deploysPostgres(database) ? inspect(look, 'image', [database.image]) : [],
        gateway.domain === undefined ? [] : inspect(look, 'image', [gateway.image]),
    ]).catch((error) => error);
    if (seen instanceof Error) {
        if (pulumi.runtime.isDryRun())
            return { imageIds: await knownImages(subject) };
        throw refused('Could not inspect the images of the stack: ', seen);
    }
    const [server, [image], [store], unsettled, postgres, door] = seen;
    const idOf = async (reference, found) => found?.Id ?? (pulumi.runtime.isDryRun() ? undefined : pulled(docker, reference, subject.commands));
    const imageIds = {
        webui: await idOf(webui.image, image),
        valkey: await idOf(valkey.image, store),
        ...(deploysPostgres(database) && { database: await idOf(database.image, postgres[0]) }),
        ...(gateway.domain && { gateway: await idOf(gateway.image, door[0]) }),
    };
    const has = (storage) => 'folder' in storage || present.some(({ kind, name }) => kind === 'volume' && name === storage.volume);
    if (!has(storageOf(webui)))
        return { imageIds };
    const mine = { project: pulumi.getProject(), stack: pulumi.getStack() };
    const several = isSwarm(settings) ? await severalServices(look, valkey, present, mine) : severalOn(valkey, present);
    const preparation = new Preparation(docker, settings, subject, {
        ...{ server, store: serverOn(valkey, present), several },
        database: deploysPostgres(database) && has(storageOf(database))
            ? {
                ...{ container: serverOn(database, present)?.name ?? database.name, ...storageOf(database) },
                runs: serverOn(database, present)?.runs === true,
            }
            : undefined,
    });
    return { imageIds, ...(await preparation.takeOver(imageIds.webui, unsettled)) };
}
