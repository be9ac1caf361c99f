/** From containers on an engine, however they were made, to the description of a deployment. */

import { posix } from 'node:path';
import { LOG_DRIVER } from '../../core/defaults.ts';
import { UserError } from '../../core/errors.mjs';
import { imageName } from '../../core/images.ts';
import { WEBUI_DATA } from '../../core/webui.ts';
import type { Docker } from '../../docker/client.ts';
import { type Container, type Image, inspect } from '../../docker/inspect.ts';
import { inventory } from '../../docker/inventory.ts';
import type { Attachment, Mount, Port, Service, Source, Timing } from './source.ts';
import { TASK } from './swarm.ts';

const variables = (list: readonly string[] | null): Record<string, string> =>
  Object.fromEntries((list ?? []).map((one) => [one.split('=', 1)[0] ?? '', one.slice(one.indexOf('=') + 1)]));

/** What one object has and another has not, or not so. */
const less = (one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(one).filter(([key, value]) => other[key] !== value));

const same = (one: readonly string[] | null, other: readonly string[] | null | undefined) =>
  (one ?? []).join('\0') === (other ?? []).join('\0');

/** What starts in a container, where it is not the image's own. */
function startOf({ Config }: Container, image: Image | undefined): string[] | undefined {
  const own = image?.Config;
  if (!same(Config.Entrypoint, own?.Entrypoint)) return [...(Config.Entrypoint ?? []), ...(Config.Cmd ?? [])];
  return same(Config.Cmd, own?.Cmd) ? undefined : [...(Config.Cmd ?? [])];
}

const mountsOf = ({ Mounts }: Container): Mount[] =>
  Mounts.flatMap(({ Type, Name, Source, Destination, RW }): Mount[] => {
    const place = { target: Destination, readOnly: !RW };
    if (Type === 'bind') return [{ ...place, kind: 'folder', folder: Source }];
    return Type === 'volume' ? [{ ...place, kind: 'volume', name: Name }] : [];
  });

function portsOf({ HostConfig, NetworkSettings }: Container): Port[] {
  return Object.entries(HostConfig.PortBindings ?? {}).flatMap(([port, bindings]) =>
    (bindings ?? []).map(({ HostIp, HostPort }): Port => {
      const [target, protocol = 'tcp'] = port.split('/');
      const chosen = HostPort || NetworkSettings.Ports?.[port]?.[0]?.HostPort;
      return {
        target: Number(target),
        published: chosen ? Number(chosen) : undefined,
        address: HostIp || undefined,
        protocol,
      };
    }),
  );
}

function networksOf({ Id, Name, NetworkSettings }: Container): Attachment[] {
  return Object.entries(NetworkSettings.Networks).flatMap(([network, { Aliases, IPAddress, IPAMConfig }]) =>
    network === 'host' || network === 'none'
      ? []
      : [
          {
            network,
            aliases: (Aliases ?? []).filter((alias) => !Id.startsWith(alias) && alias !== Name.slice(1)),
            addresses: IPAddress ? [IPAddress] : [],
            ipv4: IPAMConfig?.IPv4Address || undefined,
            ipv6: IPAMConfig?.IPv6Address || undefined,
          },
        ],
  );
}

function gpusOf({ HostConfig }: Container, env: Readonly<Record<string, string>>): Service['gpus'] {
  const request = HostConfig.DeviceRequests?.find(({ Capabilities }) => Capabilities?.flat().includes('gpu'));
  if (request) return request.DeviceIDs?.length ? request.DeviceIDs : request.Count < 0 ? 'all' : request.Count;
  if (HostConfig.Runtime !== 'nvidia') return undefined;
  const visible = env['NVIDIA_VISIBLE_DEVICES'] ?? 'all';
  return visible === 'all' ? 'all' : visible.split(',');
}

function timingOf({ Config }: Container, image: Image | undefined): Timing {
  const [own, standard] = [Config.Healthcheck ?? {}, image?.Config.Healthcheck ?? {}];
  const changed = (key: 'StartPeriod' | 'Interval' | 'Timeout') =>
    own[key] && own[key] !== standard[key] ? own[key] * 1e-9 : undefined;
  return {
    startPeriod: changed('StartPeriod'),
    interval: changed('Interval'),
    timeout: changed('Timeout'),
    retries: own.Retries && own.Retries !== standard.Retries ? own.Retries : undefined,
  };
}

/** Size of /dev/shm that the engine gives to every container. */
const STANDARD_SHM = 64 * 1024 ** 2;

/** What has no setting, by Compose's names. */
function restOf({ HostConfig: host }: Container): Record<string, unknown> {
  const all = {
    restart: host.RestartPolicy.Name,
    privileged: host.Privileged,
    devices: host.Devices ?? [],
    pid: host.PidMode,
    ipc: /^(host|container:)/.test(host.IpcMode ?? '') ? host.IpcMode : undefined,
    volumes_from: host.VolumesFrom ?? [],
    shm_size: host.ShmSize === STANDARD_SHM ? undefined : host.ShmSize,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined && value !== ''));
}

const record = (lines: readonly string[] | null): Record<string, string> =>
  Object.fromEntries((lines ?? []).map((line) => [line.split(':', 1)[0] ?? '', line.slice(line.indexOf(':') + 1)]));

/** The digest by which a registry has an image of that name. */
const digestOf = ({ Config }: Container, image: Image | undefined): string | undefined =>
  image?.RepoDigests?.find((one) => imageName(one) === imageName(Config.Image))?.split('@')[1];

/** Labels of Compose. */
const [PROJECT, SERVICE] = ['com.docker.compose.project', 'com.docker.compose.service'];

/** Whether Compose has made up the name of a container. */
function isMadeUp({ Name, Config: { Labels } }: Container): boolean {
  const [project, service] = [Labels?.[PROJECT], Labels?.[SERVICE]];
  return service !== undefined && new RegExp(`^/${project}[-_]${service}[-_]\\d+$`).test(Name);
}

/** The description of a container. */
export function describeContainer(container: Container, image: Image | undefined): Service {
  const { Id, Name, Config, HostConfig: host } = container;
  const name = Name.slice(1);
  const env = less(variables(Config.Env), variables(image?.Config.Env ?? null));
  const { Type: driver, Config: options } = host.LogConfig;
  const mode = host.NetworkMode ?? '';
  return {
    ...{ name, container: isMadeUp(container) ? undefined : name, image: Config.Image, built: false, env },
    digest: digestOf(container, image),
    release: image?.Config.Labels?.['org.opencontainers.image.version'],
    start: startOf(container, image),
    mounts: mountsOf(container),
    ports: portsOf(container),
    networks: networksOf(container),
    networkMode: /^(host|none|container:)/.test(mode) ? mode : undefined,
    labels: less(Config.Labels ?? {}, image?.Config.Labels ?? {}),
    // The engine's own choice is the beginning of the id.
    hostname: Config.Hostname && !Id.startsWith(Config.Hostname) ? Config.Hostname : undefined,
    extraHosts: record(host.ExtraHosts),
    ulimits: Object.fromEntries((host.Ulimits ?? []).map(({ Name, Soft, Hard }) => [Name, { soft: Soft, hard: Hard }])),
    log:
      driver === LOG_DRIVER && Object.keys(options ?? {}).length === 0 ? undefined : { driver, options: options ?? {} },
    healthcheck: timingOf(container, image),
    memory: host.Memory || undefined,
    cpus: host.NanoCpus ? host.NanoCpus / 1e9 : undefined,
    pids: host.PidsLimit && host.PidsLimit > 0 ? host.PidsLimit : undefined,
    gpus: gpusOf(container, variables(Config.Env)),
    user: Config.User && Config.User !== image?.Config.User ? Config.User : undefined,
    capDrop: host.CapDrop ?? [],
    securityOpt: host.SecurityOpt ?? [],
    dependsOn: [],
    rest: restOf(container),
  };
}

/** A small file of a container, which need not run; undefined when it is not there. */
async function fileOf(docker: Docker, container: string, path: string): Promise<string | undefined> {
  const { code, stdout } = await docker.capture(['cp', `${container}:${path}`, '-']);
  if (code !== 0) return undefined;
  // An archive of one file: a header that has its size, in octal digits, and the file.
  const size = Number.parseInt(stdout.slice(124, 136), 8);
  return Number.isNaN(size) ? undefined : stdout.slice(512, 512 + size).trim() || undefined;
}

/** The session key that a web UI without one has made for itself: its start script keeps it beside the program. */
async function ownKey(docker: Docker, { name, env }: Service): Promise<string | undefined> {
  const program = posix.dirname(WEBUI_DATA);
  return fileOf(docker, name, posix.resolve(program, env['WEBUI_SECRET_KEY_FILE'] || '.webui_secret_key'));
}

/** A service of a Swarm is more than its containers, and replaces those that stop. */
function refuseTask({ Name, Config }: Container): void {
  const service = Config.Labels?.[TASK];
  if (service === undefined) return;
  throw new UserError(
    `${Name.slice(1)} is a container of the Swarm service ${service}, which has ports, networks and copies that no container shows.`,
    'name the file of docker stack deploy in its place: npm run new-stack -- NAME --from-compose FILE --project-name STACK',
  );
}

/**
 * Describes containers, and those that share a network with the first of them.
 *
 * @param names the web UI, and its Redis where it was named.
 * @throws UserError when there is no container of such a name, and for one of a Swarm. @throws RemoteError when the engine does not answer.
 */
export async function readContainers(docker: Docker, names: readonly string[]): Promise<Source> {
  const named = await inspect(docker, 'container', names);
  const [webui] = named;
  if (!webui || named.length < names.length) {
    const found = named.map(({ Name }) => Name.slice(1));
    throw new UserError(
      `There is no container ${names.filter((name) => !found.includes(name)).join(', ')} on this engine.`,
      'docker ps --all lists them; --host and --context name another engine',
    );
  }
  for (const one of named) refuseTask(one);
  const networks = Object.keys(webui.NetworkSettings.Networks);
  const all = await inventory(docker, ['container']);
  const near = all
    .filter(
      ({ networks: joined = [], name }) =>
        !names.includes(name) && joined.some((one) => one !== 'bridge' && networks.includes(one)),
    )
    .map(({ name }) => name);
  const containers = [...named, ...(await inspect(docker, 'container', near))];
  const images = await inspect(docker, 'image', [...new Set(containers.map(({ Image }) => Image))]);
  const services = containers.map((one) =>
    describeContainer(
      one,
      images.find(({ Id }) => Id === one.Image),
    ),
  );
  const [first, ...others] = services as [Service, ...Service[]];
  const { WEBUI_SECRET_KEY: given, WEBUI_JWT_SECRET_KEY: older } = first.env;
  const key = given || older || (await ownKey(docker, first));
  return {
    ...{
      kind: 'containers',
      files: [],
      project: webui.Config.Labels?.[PROJECT],
      compose: [],
      inactive: {},
      unknown: [],
    },
    services: [{ ...first, env: { ...first.env, ...(key && { WEBUI_SECRET_KEY: key }) } }, ...others],
    networks: Object.fromEntries(networks.map((name) => [name, { external: true, subnets: [] }])),
  };
}
