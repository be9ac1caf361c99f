import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { RemoteError, UserError } from '../../../core/errors.mjs';
import { belongsTo, filtersOf, labelsOf, OPERATION_LABEL, ownerOf, ROLE_LABEL, } from '../../../core/labels.js';
import { storageText } from '../../../core/storage.js';
import { until } from '../../../core/until.js';
import { HOST_ALIAS, HOST_GATEWAY } from '../../../core/webui.js';
import { presentData } from '../../../docker/data.js';
import { inspectContainer } from '../../../docker/inspect.js';
import { mountArgs } from '../../../docker/mountArgs.js';
const ROLE = 'archive';
export const SPOOL = '/spool';
export const volumeIn = (part) => `/volumes/${part}`;
const HOLD = 'import sys; print("ready", flush=True); sys.stdin.read()';
const ALONE = { detached: true };
const CONFINED = [
    ...['--rm', '--interactive', '--no-healthcheck', '--pull', 'never', '--read-only'],
    ...['--user', '0:0', '--security-opt', 'no-new-privileges'],
    ...['--cap-drop', 'ALL', '--cap-add', 'CHOWN', '--cap-add', 'DAC_OVERRIDE'],
];
const NOTICE_SECONDS = 15;
async function hold({ docker, owner, operation, name, image, data, networks = [], memory = '1g' }) {
    const labels = { ...labelsOf(owner, ROLE), [OPERATION_LABEL]: operation };
    const [first] = networks;
    const args = [
        ...['run', '--name', name, ...CONFINED, '--memory', memory],
        ...(first ? ['--network', first, '--add-host', `${HOST_ALIAS}:${HOST_GATEWAY}`] : ['--network', 'none']),
        ...Object.entries(labels).flatMap(([label, value]) => ['--label', `${label}=${value}`]),
        ...['--volume', SPOOL],
        ...Object.entries(data).flatMap(([part, storage]) => mountArgs(storage, volumeIn(part))),
        ...['--entrypoint', 'python3', image, '-I', '-c', HOLD],
    ];
    const child = docker.start(args, ALONE);
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
        stderr += text;
    });
    child.stdin.on('error', () => { });
    const closed = once(child, 'close');
    closed.catch(() => { });
    const ready = await Promise.race([once(child.stdout, 'data').then(() => true), closed.then(() => false)]);
    return { child, closed, ready, stderr: () => stderr.trim() };
}
function start(docker, container, program, args) {
    const source = readFileSync(new URL(program, import.meta.url), 'utf8');
    const child = docker.start(['exec', '--interactive', container, 'python3', '-I', '-c', source, ...args], ALONE);
    child.stdin.on('error', () => { });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
        stderr += text;
    });
    const ended = once(child, 'close').then(([code]) => {
        const facts = {};
        const other = [];
        for (const line of stderr.split('\n').filter(Boolean)) {
            if (line.startsWith('{'))
                Object.assign(facts, JSON.parse(line));
            else
                other.push(line);
        }
        if (facts['error'] !== undefined)
            throw new RemoteError(String(facts['error']));
        if (code !== 0)
            throw new RemoteError(`${basename(String(program))} ended with ${code}: ${other.at(-1) ?? 'the engine does not say why'}`);
        return facts;
    });
    ended.catch(() => { });
    return { child, ended };
}
function run(docker, container, program, args) {
    const { child, ended } = start(docker, container, program, args);
    child.stdin.end();
    child.stdout.resume();
    return ended;
}
export const haveData = async ({ docker, data }) => Object.keys(await presentData(docker, data)).length === Object.keys(data).length;
function requireOurs({ Config: { Labels } }, { name, owner }) {
    if (Labels?.[ROLE_LABEL] === ROLE && belongsTo(Labels, owner))
        return;
    const other = ownerOf(Labels);
    throw new UserError(`the container ${name} is not a helper of this stack${other ? `, but of the stack ${other.stack} of ${other.project}` : ''}: it was not touched, and no backup or restore can run next to it`, `give one of the two another name: docker rename ${name} NAME, or webui.name in the stack file`);
}
async function requireNameFree(options) {
    const { docker, name } = options;
    const last = await until(() => inspectContainer(docker, name), (container) => {
        if (container)
            requireOurs(container, options);
        return !container?.State.Running;
    }, { seconds: NOTICE_SECONDS });
    if (last?.State.Running) {
        throw new UserError('a backup, a restore or a move of the database of this stack is in progress', `wait until it has ended; if none is running: docker rm --force --volumes ${name}`);
    }
    if (last)
        await docker.capture(['rm', '--force', '--volumes', last.Id]);
}
export async function withHelper(options, work) {
    const { docker, name, data, commands, networks = [] } = options;
    if (!(await haveData(options)))
        throw new UserError(`the engine lacks the ${Object.values(data).map(storageText).join(' or the ')}`, `${commands.up} creates an empty volume; for a folder, mount its disk`);
    let held = await hold(options);
    if (!held.ready && /is already in use by container/.test(held.stderr())) {
        await requireNameFree(options);
        held = await hold(options);
    }
    if (!held.ready)
        throw new RemoteError(`no helper could be started: ${held.stderr().split('\n').at(-1)}`);
    try {
        for (const network of networks.slice(1))
            await docker.run(['network', 'connect', network, name]);
        return await work({
            parts: Object.keys(options.data),
            start: (program, ...args) => start(docker, name, program, args),
            run: (program, ...args) => run(docker, name, program, args),
        });
    }
    finally {
        held.child.stdin.end();
        await held.closed;
    }
}
export async function isRestoring(docker, owner) {
    const operation = 'restore';
    const filters = [...filtersOf(owner, ROLE), '--filter', `label=${OPERATION_LABEL}=${operation}`];
    return (await docker.run(['ps', '--quiet', ...filters])).trim() !== '';
}
