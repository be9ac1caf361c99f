import * as pulumi from '@pulumi/pulumi';
import { Deployment } from '../components/deployment.js';
import { COMPONENTS } from '../core/resourceTypes.js';
import { preflight, withPrepared } from '../preflight/index.js';
import { warningsOf } from '../settings/warnings.js';
import { SECRET_ENV } from './forms.js';
import { gather } from './inputs.js';
import { outputsOf } from './outputs.js';
import { inputsOf, readInputs } from './settings.js';
const PARTS = ['network', 'internal', 'between', 'database', 'secrets', 'valkey', 'webui', 'postgres', 'gateway'];
const VARIABLES = [SECRET_ENV.beside, SECRET_ENV.name];
const STORED = ['bucket', 'endpoint', 'region', 'accessKey', 'secretKey'].map((name) => `storage.${name}`);
const isPassed = ([section, key = '', ...rest]) => rest.length === 1
    ? section === SECRET_ENV.section && VARIABLES.some((name) => name === key)
    : ['webui.sessionKey', 'database.url', ...STORED].includes(`${section}.${key}`);
function argsOf(settings, { prepared }, { unknown }) {
    const args = withPrepared(settings, prepared);
    const passed = unknown.filter(({ path }) => isPassed(path));
    const at = (path) => passed.find((one) => one.path.join('.') === path)?.output;
    const variables = (group) => Object.fromEntries(passed.flatMap(({ path, output }) => (path[1] === group ? [[path[2], output]] : [])));
    const secretEnv = { ...args.webui.secretEnv, ...variables(SECRET_ENV.name) };
    const env = Object.entries({ ...args.webui.env, ...variables(SECRET_ENV.beside) });
    const webui = {
        ...args.webui,
        env: Object.fromEntries(env.filter(([name]) => !Object.hasOwn(secretEnv, name))),
        secretEnv,
        sessionKey: at('webui.sessionKey') ?? args.webui.sessionKey,
    };
    const stored = passed.flatMap(({ path: [section, key], output }) => (section === 'storage' ? [[key, output]] : []));
    return {
        ...{ ...args, webui },
        database: { ...args.database, url: at('database.url') ?? args.database.url },
        storage: { ...args.storage, ...Object.fromEntries(stored) },
    };
}
async function warnOfUnknown({ unknown }) {
    const others = unknown.filter(({ path }) => !isPassed(path)).map(({ path }) => path.join('.'));
    if (others.length > 0)
        await pulumi.log.warn(`Not known before the update, so this preview shows ${others.length === 1 ? 'its default' : 'their defaults'}: ${others.join(', ')}.`);
    return unknown.length > 0;
}
let before = Promise.resolve();
function oneAtATime(work) {
    const own = before.then(work, work);
    before = own;
    return own;
}
async function checked(settings, subject, scratch) {
    const { address, context } = settings.host;
    if (subject.provider === undefined || (address ?? context) !== undefined)
        return oneAtATime(() => preflight(settings, { scratch, subject }));
    await pulumi.log.warn(`${subject.owner}: the engine of your own provider is unknown, so nothing is checked there and an upgrade makes no backup. To have both, name the engine in the input host.`);
    return { opts: { provider: subject.provider }, prepared: { imageIds: {} } };
}
async function construct(name, inputs, { providers, dependsOn, ...options }) {
    const gathered = await gather(inputs);
    const before = [dependsOn ?? [], gathered.dependsOn].flat();
    const [project, stack] = [pulumi.getProject(), pulumi.getStack()];
    const settings = readInputs(gathered, { deployment: name, project, stack });
    for (const text of warningsOf(settings, inputsOf(name).commands))
        await pulumi.log.warn(`${name}: ${text}`);
    const scratch = await warnOfUnknown(gathered);
    const subject = {
        ...inputsOf(name),
        deployment: name,
        nameOf: (what) => `${name}-${what}`,
        owns: (urn) => PARTS.some((part) => urn.includes(`::${name}-${part}-`)),
        opts: options.parent ? { parent: options.parent } : {},
        provider: providers?.['docker'],
        waits: before.length > 0,
    };
    if (subject.provider !== undefined && Object.keys(settings.registries).length > 0)
        throw new pulumi.RunError(`${name}: images are pulled with the provider of your own, which knows nothing of the input registries. Nothing was created or changed.\n  to do: give registryAuth to the provider, and remove registries\n`);
    const checks = await checked(settings, subject, scratch);
    const opts = pulumi.mergeOptions({ ...options, dependsOn: before }, checks.opts);
    const deployment = new Deployment(name, argsOf(settings, checks, gathered), opts);
    return { urn: deployment.urn, state: outputsOf(deployment) };
}
export const openwebui = ({ version, schema }) => ({
    version,
    getSchema: async () => schema,
    construct(name, type, inputs, options) {
        if (type !== COMPONENTS.deployment)
            throw new Error(`there is no ${type}; the component is ${COMPONENTS.deployment}`);
        return construct(name, inputs, options);
    },
});
