/** A service of a Compose file, complete and in its one form, as the description that translations start from. */

import { LOG_DRIVER } from '../../../core/defaults.ts';
import type { Attachment, Mount, Port, Service } from '../source.ts';
import { toBytes, toNumber, toSeconds, wordsOf } from './quantities.ts';
import { isRaw, type Raw } from './yaml.ts';

/** What a service's names stand for on the engine. */
export interface Names {
  project: string;
  /** Real name of a volume, by its name in the file. */
  volume(name: string): string;
  network(name: string): string;
}

const object = (value: unknown): Raw => (isRaw(value) ? value : {});
const entries = (value: unknown): Raw[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string | undefined =>
  value === undefined || value === null || value === '' ? undefined : String(value);
const texts = (value: unknown): string[] =>
  (Array.isArray(value) ? value : value === undefined ? [] : [value]).map(String);
const record = (value: unknown): Record<string, string> =>
  Object.fromEntries(Object.entries(object(value)).map(([name, one]) => [name, String(one ?? '')]));

/** A command: a list, or one text that is parted at its blanks. */
const words = (value: unknown): string[] | undefined =>
  value === undefined || value === null ? undefined : typeof value === 'string' ? wordsOf(value) : texts(value);

/** Whether a mount shows a part of a volume alone. */
const isPart = (mount: Raw) => object(mount['volume'])['subpath'] !== undefined;

function mounts(service: Raw, { volume }: Names): Mount[] {
  return entries(service['volumes']).flatMap((one): Mount[] => {
    const place = { target: String(one['target']), readOnly: String(one['read_only']) === 'true' };
    if (one['type'] === 'bind') return [{ ...place, kind: 'folder', folder: String(one['source']) }];
    if (one['type'] !== 'volume' || isPart(one)) return [];
    const source = text(one['source']);
    return [{ ...place, kind: 'volume', name: source === undefined ? undefined : volume(source) }];
  });
}

const ports = (service: Raw): Port[] =>
  entries(service['ports']).map((one) => ({
    target: toNumber(one['target']) ?? 0,
    published: toNumber(one['published']),
    address: text(one['host_ip']),
    protocol: text(one['protocol']) ?? 'tcp',
  }));

function networks(name: string, service: Raw, { network }: Names): Attachment[] {
  if (service['network_mode'] !== undefined) return [];
  const joined = Object.entries(object(service['networks']));
  return (joined.length > 0 ? joined : [['default', {}] as const]).map(([key, options]) => {
    const { aliases, ipv4_address: ipv4, ipv6_address: ipv6 } = object(options);
    return {
      network: network(key),
      // Compose gives every service its own name there.
      aliases: [...new Set([name, ...texts(aliases)])],
      ipv4: text(ipv4),
      ipv6: text(ipv6),
    };
  });
}

const isGpu = (device: Raw) => texts(device['capabilities']).includes('gpu') || device['driver'] === 'nvidia';

/** GPUs by any of the three ways to ask for them. */
function gpus(service: Raw, env: Readonly<Record<string, string>>): Service['gpus'] {
  if (service['gpus'] === 'all') return 'all';
  const { devices } = object(object(object(service['deploy'])['resources'])['reservations']);
  const [device] = [...entries(service['gpus']), ...entries(devices).filter(isGpu)];
  if (device) {
    if (Array.isArray(device['device_ids'])) return texts(device['device_ids']);
    return toNumber(device['count']) ?? 'all';
  }
  if (service['runtime'] !== 'nvidia') return undefined;
  const visible = env['NVIDIA_VISIBLE_DEVICES'] ?? 'all';
  return visible === 'all' ? 'all' : visible.split(',');
}

function start(service: Raw): string[] | undefined {
  const [entrypoint, command] = [words(service['entrypoint']), words(service['command'])];
  return entrypoint === undefined && command === undefined ? undefined : [...(entrypoint ?? []), ...(command ?? [])];
}

/** Keys that the description has in words of its own; all others are in its `rest`. */
const DESCRIBED = new Set([
  ...['image', 'container_name', 'environment', 'env_file', 'command', 'entrypoint', 'volumes', 'ports', 'networks'],
  ...['network_mode', 'labels', 'hostname', 'extra_hosts', 'ulimits', 'logging', 'healthcheck', 'mem_limit', 'cpus'],
  ...['pids_limit', 'gpus', 'runtime', 'user', 'cap_drop', 'security_opt', 'depends_on', 'profiles'],
]);

/** What is left of `deploy` without what the description has. */
function restOf(service: Raw): Raw {
  const { deploy, ...others } = service;
  const { resources, ...rest } = object(deploy);
  const { reservations } = object(resources);
  const { devices, ...reserved } = object(reservations);
  const left = entries(devices).filter((device) => !isGpu(device));
  return Object.fromEntries(
    Object.entries({
      ...others,
      ...Object.fromEntries(Object.entries(rest).map(([key, value]) => [`deploy.${key}`, value])),
      ...(Object.keys(reserved).length > 0 && { 'deploy.resources.reservations': reserved }),
      ...(left.length > 0 && { devices: left }),
      ...(entries(service['volumes']).some(isPart) && { 'volumes.subpath': true }),
      ...(object(service['healthcheck'])['disable'] ? { 'healthcheck.disable': true } : {}),
    }).filter(([key, value]) => !DESCRIBED.has(key) && !key.startsWith('x-') && value !== null),
  );
}

/** The description of a service; `env` has its variables from everywhere. */
export function describeService(
  name: string,
  service: Raw,
  env: Readonly<Record<string, string>>,
  names: Names,
): Service {
  const limits = object(object(object(service['deploy'])['resources'])['limits']);
  const logging = object(service['logging']);
  const check = object(service['healthcheck']);
  const image = text(service['image']);
  return {
    name,
    container: text(service['container_name']),
    image: image ?? `${names.project}-${name}`,
    built: service['build'] !== undefined,
    env,
    start: start(service),
    mounts: mounts(service, names),
    ports: ports(service),
    networks: networks(name, service, names),
    networkMode: text(service['network_mode']),
    labels: record(service['labels']),
    hostname: text(service['hostname']),
    extraHosts: Object.fromEntries(
      Object.entries(object(service['extra_hosts'])).map(([host, address]) => [host, texts(address)[0] ?? '']),
    ),
    ulimits: Object.fromEntries(
      Object.entries(object(service['ulimits'])).map(([limit, one]) => [
        limit,
        { soft: toNumber(object(one)['soft']) ?? 0, hard: toNumber(object(one)['hard']) ?? 0 },
      ]),
    ),
    log:
      Object.keys(logging).length > 0
        ? { driver: text(logging['driver']) ?? LOG_DRIVER, options: record(logging['options']) }
        : undefined,
    healthcheck: {
      startPeriod: toSeconds(check['start_period']),
      interval: toSeconds(check['interval']),
      timeout: toSeconds(check['timeout']),
      retries: toNumber(check['retries']),
    },
    memory: toBytes(limits['memory'] ?? service['mem_limit']),
    cpus: toNumber(limits['cpus'] ?? service['cpus']),
    pids: toNumber(limits['pids'] ?? service['pids_limit']),
    gpus: gpus(service, env),
    user: text(service['user']),
    capDrop: texts(service['cap_drop']),
    securityOpt: texts(service['security_opt']),
    dependsOn: Object.keys(object(service['depends_on'])),
    rest: restOf(service),
  };
}
