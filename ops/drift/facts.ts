/** A container in words that compare: what was asked of the engine, and what the engine has. */

import { canonical } from '../../core/urls.ts';
import { VALKEY_DATA } from '../../core/valkey.ts';
import { WEBUI_DATA } from '../../core/webui.ts';
import { ALL_LIMITS, type Limits } from '../../docker/info.ts';
import type { Container, Image } from '../../docker/inspect.ts';
import { reveal } from './state.ts';

/** The facts that take no new container: the first none mends, the second every update sets. */
export const HEALTH = 'health';
export const PROCESSES = 'limit of processes';

const HOSTNAME = 'host name of its own';

/** Facts by their names, such as "variable PORT"; what is not there has none. */
export type Facts = Map<string, string>;

/** What the provider was given for a container, as far as it can be changed outside Pulumi. */
export interface Inputs {
  name: string;
  image: string;
  command?: string[];
  entrypoints?: string[];
  user?: string;
  hostname?: string;
  envs?: string[];
  labels?: { label: string; value: string }[];
  volumes?: { volumeName?: string; containerPath?: string; readOnly?: boolean }[];
  /** Paths of the host. */
  mounts?: { source: string; target: string; readOnly?: boolean }[];
  networksAdvanced?: { name: string; aliases?: string[]; ipv4Address?: string; ipv6Address?: string }[];
  networkMode?: string;
  ports?: { internal: number; external?: number; ip?: string; protocol?: string }[];
  hosts?: { host: string; ip: string }[];
  ulimits?: { name: string; soft: number; hard: number }[];
  gpus?: string;
  healthcheck?: { tests: string[]; startPeriod?: string; interval?: string; timeout?: string; retries?: number };
  restart?: string;
  capabilities?: { adds?: string[]; drops?: string[] };
  securityOpts?: string[];
  memory?: number;
  memorySwap?: number;
  cpus?: string;
  readOnly?: boolean;
  tmpfs?: Record<string, string>;
  init?: boolean;
  privileged?: boolean;
  logDriver?: string;
  logOpts?: Record<string, string>;
  stopTimeout?: number;
  mustRun?: boolean;
}

/** Folders of the host with the data of servers: a server writes to no other. */
export const foldersOf = (containers: readonly Inputs[]) =>
  containers
    .filter(({ mustRun }) => mustRun !== false)
    .flatMap(({ mounts = [] }) => mounts)
    .filter(({ target }) => [VALKEY_DATA, WEBUI_DATA].includes(target))
    .map(({ source }) => ({ folder: source }));

const words = (list: readonly string[] | null | undefined) => JSON.stringify(list ?? []);
const bareName = (capability: string) => capability.toUpperCase().replace(/^CAP_/, '');
const variable = (text: string): [string, string] => {
  const at = text.indexOf('=');
  return [`variable ${text.slice(0, at)}`, text.slice(at + 1)];
};

/** Seconds of a duration as Go prints it. */
const goSeconds = (text = '0s'): number =>
  [...text.matchAll(/([\d.]+)(h|m|s)/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * { h: 3600, m: 60, s: 1 }[unit as 'h' | 'm' | 's'],
    0,
  );

const check = (test: readonly string[], start: number, interval: number, timeout: number, retries: number) =>
  `${words(test)} every ${interval} s for ${timeout} s, ${retries} times, from ${start} s`;

/** A fact for each entry, under a name that has the entry in it. */
const each = <Entry>(list: readonly Entry[] | null | undefined, fact: (entry: Entry) => [string, string]) =>
  (list ?? []).map(fact);

/** Where a port is published; a port may have several addresses, in no order. */
const addresses = (bindings: readonly { HostIp: string; HostPort: string }[]): string =>
  bindings
    .map(({ HostIp, HostPort }) => `${HostIp || '0.0.0.0'}:${HostPort}`)
    .sort()
    .join(', ');

/** The fixed addresses of a container in a network. */
const fixed = (network: string, ipv4: string | undefined, ipv6: string | undefined): [string, string][] => [
  ...(ipv4 ? [[`IPv4 address in ${network}`, ipv4] as [string, string]] : []),
  ...(ipv6 ? [[`IPv6 address in ${network}`, canonical(ipv6)] as [string, string]] : []),
];

/**
 * What a container was asked to be, by what the provider was given and by the limit of processes, which it is not. `secret` names the
 * facts whose value must not be shown.
 */
export function expected(given: Record<string, unknown>, pidsLimit?: number): { facts: Facts; secret: Set<string> } {
  const inputs = reveal(given).value as Inputs;
  const facts: Facts = new Map([
    ['image', inputs.image],
    ...(inputs.command?.length ? [['command', words(inputs.command)] as const] : []),
    ...(inputs.entrypoints?.length ? [['entrypoint', words(inputs.entrypoints)] as const] : []),
    ...(inputs.user ? [['user', inputs.user] as const] : []),
    ...(inputs.hostname ? [[HOSTNAME, inputs.hostname] as const] : []),
    ...each(inputs.envs, variable),
    ...each(inputs.labels, ({ label, value }) => [`label ${label}`, value]),
    ...each(inputs.volumes, ({ volumeName, containerPath, readOnly }) => [
      `mount at ${containerPath}`,
      `${volumeName}${readOnly ? ', read-only' : ''}`,
    ]),
    ...each(inputs.mounts, ({ source, target, readOnly }) => [
      `mount at ${target}`,
      `${source}${readOnly ? ', read-only' : ''}`,
    ]),
    ...(inputs.networksAdvanced?.length
      ? inputs.networksAdvanced.flatMap(({ name, aliases, ipv4Address, ipv6Address }): [string, string][] => [
          [`network ${name}`, 'joined'],
          ...each(aliases, (alias): [string, string] => [`alias ${alias} in ${name}`, 'known']),
          ...fixed(name, ipv4Address, ipv6Address),
        ])
      : [[`network ${inputs.networkMode ?? 'bridge'}`, 'joined'] as const]),
    ...each(inputs.ports, ({ internal, protocol = 'tcp' }) => [
      `port ${internal}/${protocol}`,
      addresses(
        (inputs.ports ?? [])
          .filter((one) => one.internal === internal && (one.protocol ?? 'tcp') === protocol)
          .map(({ external, ip }) => ({ HostIp: ip ?? '', HostPort: String(external ?? '') })),
      ),
    ]),
    ...each(inputs.hosts, ({ host, ip }) => [`host name ${host}`, ip]),
    ...each(inputs.ulimits, ({ name, soft, hard }) => [`ulimit ${name}`, range(soft, hard)]),
    ...(inputs.gpus ? [['GPUs', inputs.gpus.replaceAll('"', '')] as const] : []),
    ...(inputs.healthcheck ? [['health check', timing(inputs.healthcheck)] as const] : []),
    ['restart policy', inputs.restart ?? 'no'],
    ...each(inputs.capabilities?.adds, (name) => [`capability ${bareName(name)}`, 'added']),
    ...each(inputs.capabilities?.drops, (name) => [`capability ${bareName(name)}`, 'dropped']),
    ...each(inputs.securityOpts, (option) => [`security option ${option.replace(/:true$/, '')}`, 'set']),
    ['memory', `${inputs.memory ?? 0} MiB`],
    ['memory with swap', `${inputs.memorySwap ?? 0} MiB`],
    ['processors', inputs.cpus ? String(Number(inputs.cpus)) : 'all'],
    ...(pidsLimit === undefined ? [] : [[PROCESSES, String(pidsLimit)] as const]),
    ['root file system', inputs.readOnly ? 'read-only' : 'writable'],
    ...each(Object.entries(inputs.tmpfs ?? {}), ([path, options]) => [`tmpfs at ${path}`, options]),
    ['init', String(inputs.init ?? false)],
    ['privileged', String(inputs.privileged ?? false)],
    ['log driver', inputs.logDriver ?? 'json-file'],
    ...each(Object.entries(inputs.logOpts ?? {}), ([key, value]) => [`log option ${key}`, value]),
    ...(inputs.stopTimeout === undefined ? [] : [['stop timeout', `${inputs.stopTimeout} s`] as const]),
    ...(inputs.mustRun === false ? [] : [['state', 'running'] as const]),
    ...(inputs.healthcheck ? [[HEALTH, 'good'] as const] : []),
  ]);
  const secretEnv = reveal(given['envs']).secret ? (inputs.envs ?? []).map((text) => variable(text)[0]) : [];
  const secretCommand = reveal(given['command']).secret ? ['command'] : [];
  return { facts, secret: new Set([...secretEnv, ...secretCommand]) };
}

const timing = ({ tests, startPeriod, interval, timeout, retries = 0 }: NonNullable<Inputs['healthcheck']>) =>
  check(tests, goSeconds(startPeriod), goSeconds(interval), goSeconds(timeout), retries);

type HostConfig = Container['HostConfig'];
const isLimited = ({ PidsLimit }: HostConfig) => (PidsLimit ?? 0) > 0;
const processesOf = (host: HostConfig) => (isLimited(host) ? String(host.PidsLimit) : 'unlimited');

/** Whether a container lacks a limit, as one does on an engine that cannot set it. */
export const lacksLimit = ({ HostConfig: host }: Container): boolean =>
  host.Memory === 0 || host.MemorySwap <= 0 || !isLimited(host);

/** Facts that can be there without having been asked for: an engine's log options and ulimits, and networks joined by hand. */
const isKept = (name: string) => /^(alias|IPv[46] address|log option|network|ulimit) /.test(name) || name === HOSTNAME;

const range = (soft: number, hard: number) => (soft === hard ? String(hard) : `${soft} to ${hard}`);

/** A request for devices in the words of the provider. */
const devicesOf = ({ Count, DeviceIDs }: NonNullable<HostConfig['DeviceRequests']>[number]): string =>
  DeviceIDs?.length ? `device=${DeviceIDs.join(',')}` : Count === -1 ? 'all' : String(Count);

/** Networks that a container has joined by hand. They are kept: a proxy or a model server may need them. */
export const joinedByHand = ({ NetworkSettings }: Container, asked: Facts): string[] =>
  Object.keys(NetworkSettings.Networks).filter((name) => !asked.has(`network ${name}`));

/**
 * What a container is. What its image gives it, what the engine adds by its configuration, and limits that it cannot set, are there only where
 * they were asked for.
 */
export function actual(found: Container, image: Image | undefined, asked: Facts, limits: Limits = ALL_LIMITS): Facts {
  const { Config, HostConfig: host, Mounts, NetworkSettings, State } = found;
  const mebibytes = (bytes: number) => `${bytes / 1024 ** 2} MiB`;
  const own = image?.Config;
  const facts: Facts = new Map([
    ['image', Config.Image],
    ['command', words(Config.Cmd)],
    ['entrypoint', words(Config.Entrypoint)],
    ['user', Config.User],
    [HOSTNAME, Config.Hostname ?? ''],
    ...each(Config.Env, variable),
    ...each(Object.entries(Config.Labels ?? {}), ([label, value]) => [`label ${label}`, value]),
    ...each(
      Mounts.filter(({ Type }) => Type !== 'tmpfs'),
      ({ Type, Name, Source, Destination, RW }): [string, string] => [
        `mount at ${Destination}`,
        `${Type === 'volume' ? Name : Source}${RW ? '' : ', read-only'}`,
      ],
    ),
    ...Object.entries(NetworkSettings.Networks).flatMap(([name, { Aliases, IPAMConfig }]): [string, string][] => [
      [`network ${name}`, 'joined'],
      ...each(Aliases, (alias): [string, string] => [`alias ${alias} in ${name}`, 'known']),
      ...fixed(name, IPAMConfig?.IPv4Address, IPAMConfig?.IPv6Address),
    ]),
    ...each(Object.entries(host.PortBindings ?? {}), ([port, bindings]) => [`port ${port}`, addresses(bindings ?? [])]),
    ...each(host.ExtraHosts, (text) => [
      `host name ${text.slice(0, text.indexOf(':'))}`,
      text.slice(text.indexOf(':') + 1),
    ]),
    ...each(host.Ulimits, ({ Name, Soft, Hard }) => [`ulimit ${Name}`, range(Soft, Hard)]),
    ...each(host.DeviceRequests, (request) => ['GPUs', devicesOf(request)]),
    ...(Config.Healthcheck ? [['health check', timingOf(Config.Healthcheck)] as const] : []),
    ['restart policy', host.RestartPolicy.Name || 'no'],
    ...each(host.CapAdd, (name) => [`capability ${bareName(name)}`, 'added']),
    ...each(host.CapDrop, (name) => [`capability ${bareName(name)}`, 'dropped']),
    ...each(host.SecurityOpt, (option) => [`security option ${option.replace(/:true$/, '')}`, 'set']),
    ['memory', host.Memory === 0 && !limits.memory ? (asked.get('memory') ?? '') : mebibytes(host.Memory)],
    // An engine that cannot limit swap has -1 for it, one without limits of memory -1 or 0.
    [
      'memory with swap',
      host.MemorySwap <= 0 && !limits.swap ? (asked.get('memory with swap') ?? '') : mebibytes(host.MemorySwap),
    ],
    ['processors', host.NanoCpus === 0 ? 'all' : String(host.NanoCpus / 1e9)],
    [PROCESSES, isLimited(host) || limits.processes ? processesOf(host) : (asked.get(PROCESSES) ?? '')],
    ['root file system', host.ReadonlyRootfs ? 'read-only' : 'writable'],
    ...each(Object.entries(host.Tmpfs ?? {}), ([path, options]) => [`tmpfs at ${path}`, options]),
    ['init', String(host.Init ?? false)],
    ['privileged', String(host.Privileged)],
    ['log driver', host.LogConfig.Type],
    ...each(Object.entries(host.LogConfig.Config ?? {}), ([key, value]) => [`log option ${key}`, value]),
    ...(Config.StopTimeout === undefined ? [] : [['stop timeout', `${Config.StopTimeout} s`] as const]),
    ['state', State.Status],
    [HEALTH, State.Health?.Status === 'unhealthy' ? 'bad' : 'good'],
  ]);
  const given: Facts = new Map([
    ['command', words(own?.Cmd)],
    ['entrypoint', words(own?.Entrypoint)],
    ['user', own?.User ?? ''],
    ...each(own?.Env, variable),
    ...each(Object.entries(own?.Labels ?? {}), ([label, value]) => [`label ${label}`, value]),
  ]);
  const anonymous = new Set(Object.keys(own?.Volumes ?? {}).map((path) => `mount at ${path}`));
  for (const [name, value] of facts) {
    if (asked.has(name)) continue;
    const usual = given.get(name) === value || anonymous.has(name) || isKept(name);
    if (usual || name === 'state' || name === HEALTH || name === PROCESSES || name === 'health check')
      facts.delete(name);
  }
  return facts;
}

const timingOf = ({ Test, StartPeriod, Interval, Timeout, Retries }: NonNullable<Container['Config']['Healthcheck']>) =>
  check(Test ?? [], (StartPeriod ?? 0) / 1e9, (Interval ?? 0) / 1e9, (Timeout ?? 0) / 1e9, Retries ?? 0);
