/** What servers ask of an engine that it may not have: log drivers, their options, ulimits, GPUs. Found before anything exists. */

import * as pulumi from '@pulumi/pulumi';
import { LOG_DRIVER } from '../core/defaults.ts';
import { type Gpus, gpuText, type Ulimits, ulimitList } from '../core/limits.ts';
import { deploysPostgres } from '../core/postgres.ts';
import type { Docker } from '../docker/client.ts';
import { type EngineInfo, readInfo } from '../docker/info.ts';
import { inspectContainer } from '../docker/inspect.ts';
import type { Found } from '../docker/inventory.ts';
import { tryStart } from './capabilities.ts';

/** What one server asks for. */
interface Requests {
  name: string;
  log: { driver: string; options?: Readonly<Record<string, string>> | undefined };
  ulimits?: Ulimits | undefined;
  gpus?: Gpus | undefined;
}

/** What of a stack's settings matters here. */
interface Settings {
  valkey: Requests & { image: string };
  webui: Requests;
  database?: (Requests & { kind: string; url?: string | undefined }) | undefined;
  /** Without a domain there is none. */
  gateway?: (Requests & { domain?: readonly string[] | undefined }) | undefined;
}

/** The settings with which a server asks for more than every engine has. */
const askedFor = ({ log, ulimits, gpus }: Requests): string[] => [
  ...(log.driver !== LOG_DRIVER || log.options ? ['log'] : []),
  ...(ulimits ? ['ulimits'] : []),
  ...(gpus === undefined ? [] : ['gpus']),
];

/** The same as options of docker run. */
const optionsOf = ({ log, ulimits, gpus }: Requests): string[] => [
  ...['--log-driver', log.driver],
  ...Object.entries(log.options ?? {}).flatMap(([key, value]) => ['--log-opt', `${key}=${value}`]),
  ...ulimitList(ulimits).flatMap(({ name, soft, hard }) => ['--ulimit', `${name}=${soft}:${hard}`]),
  ...(gpus === undefined ? [] : ['--gpus', gpuText(gpus)]),
];

/** Whether the engine runs a server with just that: then nothing has to be tried. */
async function hasAlready(docker: Docker, { name, log, ulimits, gpus }: Requests): Promise<boolean> {
  const host = (await inspectContainer(docker, name))?.HostConfig;
  if (!host) return false;
  const { LogConfig, Ulimits, DeviceRequests } = host;
  return (
    LogConfig?.Type === log.driver &&
    Object.entries(log.options ?? {}).every(([key, value]) => LogConfig.Config?.[key] === value) &&
    ulimitList(ulimits).every(({ name: key, soft, hard }) =>
      Ulimits?.some(({ Name, Soft, Hard }) => Name === key && Soft === soft && Hard === hard),
    ) &&
    (gpus === undefined || Boolean(DeviceRequests?.length))
  );
}

/** Log drivers that were installed as plugins, which `docker info` does not list. */
async function logPlugins(docker: Docker): Promise<string[]> {
  const ask = ['plugin', 'ls', '--filter', 'capability=logdriver', '--filter', 'enabled=true', '--format', '{{.Name}}'];
  // Engines that only resemble Docker have none.
  return (await docker.run(ask).catch(() => '')).split('\n').filter(Boolean);
}

/** @throws pulumi.RunError when the engine has no such log driver. */
async function requireLogDriver(docker: Docker, { Plugins }: EngineInfo, section: string, driver: string) {
  const known = Plugins?.Log ?? [];
  if (known.length === 0 || [...known, 'none'].includes(driver)) return;
  const plugins = await logPlugins(docker);
  if (plugins.some((name) => name === driver || name === `${driver}:latest`)) return;
  throw new pulumi.RunError(
    `This engine has no log driver ${driver}. Nothing was created or changed.\n` +
      `  it has:  ${[...known, ...plugins, 'none'].join(', ')}\n` +
      `  to do:   set ${section}.log.driver to one of them; a plugin is installed on the Docker host, with docker plugin install\n`,
  );
}

/** Whether an engine says that it can hand out NVIDIA GPUs. One that does not say so may still do it. */
export const namesGpus = ({ Runtimes = {}, DiscoveredDevices }: EngineInfo): boolean =>
  Object.hasOwn(Runtimes, 'nvidia') || Boolean(DiscoveredDevices?.some(({ ID }) => ID.startsWith('nvidia.com/')));

const TOOLKIT =
  "install NVIDIA's driver and its Container Toolkit on the Docker host (https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/install-guide.html), run nvidia-ctk runtime configure --runtime=docker there and restart Docker; or remove webui.gpus";

/** What to do about what the engine said. */
function remedy(section: string, said: string, keys: readonly string[]): string {
  if (/rlimit/.test(said)) return `lower ${section}.ulimits: the engine cannot exceed its own limits`;
  if (/device driver|nvidia|gpu|cdi/i.test(said)) return TOOLKIT;
  return `correct ${keys.map((key) => `${section}.${key}`).join(', ')}`;
}

/**
 * Refuses what the engine does not have. An update tries, with a container that ends at once, what `docker info` does not tell; not where the
 * server runs with it already.
 *
 * @param present what the stack has on the engine.
 * @throws pulumi.RunError with what the engine says and what to do.
 */
export async function requireRequests(docker: Docker, settings: Settings, present: readonly Found[]): Promise<void> {
  const { valkey, webui, database, gateway } = settings;
  const servers = {
    ...{ valkey, webui },
    ...(database && deploysPostgres(database) && { database }),
    ...(gateway?.domain && { gateway }),
  };
  const asking = Object.entries<Requests>(servers)
    .map(([section, server]) => ({ section, server, keys: askedFor(server) }))
    .filter(({ keys }) => keys.length > 0);
  if (asking.length === 0) return;
  const info = await readInfo(docker).catch(() => undefined);
  // Whatever has to reach it next says that it does not answer.
  if (!info) return;
  for (const { section, server } of asking) await requireLogDriver(docker, info, section, server.log.driver);
  if (pulumi.runtime.isDryRun()) {
    if (settings.webui.gpus !== undefined && !namesGpus(info))
      await pulumi.log.warn(
        `This engine may have no GPU for the web UI: docker info lists no NVIDIA runtime or device. The update tests it first. Otherwise: ${TOOLKIT}.`,
      );
    return;
  }
  const runs = ({ name }: Requests) => present.some((one) => one.kind === 'container' && one.name === name && one.runs);
  for (const { section, server, keys } of asking) {
    if (runs(server) && (await hasAlready(docker, server))) continue;
    const said = await tryStart(docker, settings.valkey.image, optionsOf(server));
    if (said === undefined) continue;
    throw new pulumi.RunError(
      `The engine cannot start a container with ${keys.join(', ')} as ${section} has it. Nothing was created or changed.\n` +
        `  the engine says:  ${said}\n` +
        `  to do:            ${remedy(section, said, keys)}\n`,
    );
  }
}
