import * as pulumi from '@pulumi/pulumi';
import { LOG_DRIVER } from '../core/defaults.js';
import { gpuText, ulimitList } from '../core/limits.js';
import { deploysPostgres } from '../core/postgres.js';
import { readInfo } from '../docker/info.js';
import { inspectContainer } from '../docker/inspect.js';
import { tryStart } from './capabilities.js';
const askedFor = ({ log, ulimits, gpus }) => [
    ...(log.driver !== LOG_DRIVER || log.options ? ['log'] : []),
    ...(ulimits ? ['ulimits'] : []),
    ...(gpus === undefined ? [] : ['gpus']),
];
const optionsOf = ({ log, ulimits, gpus }) => [
    ...['--log-driver', log.driver],
    ...Object.entries(log.options ?? {}).flatMap(([key, value]) => ['--log-opt', `${key}=${value}`]),
    ...ulimitList(ulimits).flatMap(({ name, soft, hard }) => ['--ulimit', `${name}=${soft}:${hard}`]),
    ...(gpus === undefined ? [] : ['--gpus', gpuText(gpus)]),
];
async function hasAlready(docker, { name, log, ulimits, gpus }) {
    const host = (await inspectContainer(docker, name))?.HostConfig;
    if (!host)
        return false;
    const { LogConfig, Ulimits, DeviceRequests } = host;
    return (LogConfig?.Type === log.driver &&
        Object.entries(log.options ?? {}).every(([key, value]) => LogConfig.Config?.[key] === value) &&
        ulimitList(ulimits).every(({ name: key, soft, hard }) => Ulimits?.some(({ Name, Soft, Hard }) => Name === key && Soft === soft && Hard === hard)) &&
        (gpus === undefined || Boolean(DeviceRequests?.length)));
}
async function logPlugins(docker) {
    const ask = ['plugin', 'ls', '--filter', 'capability=logdriver', '--filter', 'enabled=true', '--format', '{{.Name}}'];
    return (await docker.run(ask).catch(() => '')).split('\n').filter(Boolean);
}
async function requireLogDriver(docker, { Plugins }, section, driver) {
    const known = Plugins?.Log ?? [];
    if (known.length === 0 || [...known, 'none'].includes(driver))
        return;
    const plugins = await logPlugins(docker);
    if (plugins.some((name) => name === driver || name === `${driver}:latest`))
        return;
    throw new pulumi.RunError(`This engine has no log driver ${driver}. Nothing was created or changed.\n` +
        `  it has:  ${[...known, ...plugins, 'none'].join(', ')}\n` +
        `  to do:   set ${section}.log.driver to one of them; a plugin is installed on the Docker host, with docker plugin install\n`);
}
export const namesGpus = ({ Runtimes = {}, DiscoveredDevices }) => Object.hasOwn(Runtimes, 'nvidia') || Boolean(DiscoveredDevices?.some(({ ID }) => ID.startsWith('nvidia.com/')));
const TOOLKIT = "install NVIDIA's driver and its Container Toolkit on the Docker host (https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/install-guide.html), run nvidia-ctk runtime configure --runtime=docker there and restart Docker; or remove webui.gpus";
function remedy(section, said, keys) {
    if (/rlimit/.test(said))
        return `lower ${section}.ulimits: the engine cannot exceed its own limits`;
    if (/device driver|nvidia|gpu|cdi/i.test(said))
        return TOOLKIT;
    return `correct ${keys.map((key) => `${section}.${key}`).join(', ')}`;
}
export async function requireRequests(docker, settings, present) {
    const { valkey, webui, database, gateway } = settings;
    const servers = {
        ...{ valkey, webui },
        ...(database && deploysPostgres(database) && { database }),
        ...(gateway?.domain && { gateway }),
    };
    const asking = Object.entries(servers)
        .map(([section, server]) => ({ section, server, keys: askedFor(server) }))
        .filter(({ keys }) => keys.length > 0);
    if (asking.length === 0)
        return;
    const info = await readInfo(docker).catch(() => undefined);
    if (!info)
        return;
    for (const { section, server } of asking)
        await requireLogDriver(docker, info, section, server.log.driver);
    if (pulumi.runtime.isDryRun()) {
        if (settings.webui.gpus !== undefined && !namesGpus(info))
            await pulumi.log.warn(`This engine may have no GPU for the web UI: docker info lists no NVIDIA runtime or device. The update tests it first. Otherwise: ${TOOLKIT}.`);
        return;
    }
    const runs = ({ name }) => present.some((one) => one.kind === 'container' && one.name === name && one.runs);
    for (const { section, server, keys } of asking) {
        if (runs(server) && (await hasAlready(docker, server)))
            continue;
        const said = await tryStart(docker, settings.valkey.image, optionsOf(server));
        if (said === undefined)
            continue;
        throw new pulumi.RunError(`The engine cannot start a container with ${keys.join(', ')} as ${section} has it. Nothing was created or changed.\n` +
            `  the engine says:  ${said}\n` +
            `  to do:            ${remedy(section, said, keys)}\n`);
    }
}
