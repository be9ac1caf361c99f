import { constants } from 'node:fs';
import { access, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../core/errors.mjs';
import { presentData } from '../../docker/data.js';
import { inspectContainer } from '../../docker/inspect.js';
import { writeArchive } from './archive.js';
import { withHelper } from './helper/helper.js';
import { FORMAT } from './manifest.js';
import { serversOf, TAKEN } from './parts/index.js';
import { helperFor } from './source.js';
const stamp = (date) => date.toISOString().replace(/\.\d+/, '').replaceAll(':', '-');
async function requireFolder(path) {
    try {
        await mkdir(path, { recursive: true, mode: 0o700 });
        await access(path, constants.W_OK);
        if (!(await stat(path)).isDirectory())
            throw new Error('it is not a folder');
    }
    catch (error) {
        throw new UserError(`no backup can be written to ${path}: ${error.message}`, 'choose another folder: -- --to DIR');
    }
}
async function removePartial(folder, stack) {
    for (const name of await readdir(folder)) {
        if (name.startsWith(`${stack}-20`) && name.endsWith('.partial'))
            await rm(join(folder, name), { force: true });
    }
}
async function containersOf(source) {
    const found = await Promise.all(serversOf(source).map(async ({ part, container }) => [part.name, await inspectContainer(source.docker, container)]));
    return Object.fromEntries(found);
}
const content = ({ source, containers, data, helper, warnings, expect }, { name, take: takePart }) => ({
    name,
    take: () => takePart({
        ...{ source, helper, expect, container: containers[name], hasData: data[name] !== undefined },
        warn: (text) => warnings.push(text),
    }),
});
export async function take(source, { to, image, passphrase, progress, signal }) {
    const { owner, commands } = source;
    const base = helperFor(source);
    const [containers, data] = await Promise.all([containersOf(source), presentData(source.docker, base.data)]);
    const chosen = containers.webui?.Image ?? image;
    if (!chosen)
        throw new UserError(`there is no container ${source.servers.webui.container}`, `${commands.up} creates it`);
    await requireFolder(to);
    const options = {
        ...base,
        data: { webui: source.servers.webui, ...data },
        operation: 'backup',
        image: chosen,
    };
    return withHelper(options, async (helper) => {
        await removePartial(to, owner.stack);
        const created = new Date();
        const file = join(to, `${owner.stack}-${stamp(created)}.tar.gz${passphrase === undefined ? '' : '.age'}`);
        const warnings = [];
        let [done, total] = [0, 0];
        const expect = (bytes) => {
            total += bytes;
        };
        const taking = { source, containers, data, helper, warnings, expect };
        const manifest = await writeArchive(file, {
            parts: serversOf(source, TAKEN).map(({ part }) => content(taking, part)),
            describe: () => ({ format: FORMAT, ...owner, created: created.toISOString(), warnings }),
        }, {
            passphrase,
            ...(signal && { signal }),
            written: (bytes) => {
                done += bytes;
                progress?.(done, total);
            },
        });
        return { file, manifest };
    });
}
