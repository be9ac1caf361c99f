import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import type { Endpoint, EngineId } from '../../core/endpoint.ts';
import { isBuiltHere } from '../../core/images.ts';
import type { Docker } from '../../docker/client.ts';
import type { EngineInfo } from '../../docker/info.ts';
import type { Found } from '../../docker/inventory.ts';

/** An object on the engine, with what only an inspection shows. */
export interface Present extends Found {
  restart?: string;
  /** Whether it only reads its volumes. */
  reads?: boolean;
  aliases?: readonly string[];
  /** Of a network: its subnets and gateways. Of a container: its address on each of its networks. */
  ipam?: readonly { Subnet: string; Gateway?: string }[];
  address?: string;
}

/** What the engine says of itself, unless a test says otherwise. */
export const ENGINE: EngineId = { id: 'ENGI:NE01', name: 'one' };
let says = ENGINE;

/** Lets another engine answer. */
export const engineSays = (engine: EngineId): void => {
  says = engine;
};

let present: readonly Present[] | Error = [];
let info: Partial<EngineInfo> = {};
/** Images that it did not have at first. */
const pulled = new Set<string>();
const changes: { endpoint: Endpoint; args: readonly string[] }[] = [];

/** What the next looks at the engine find; an error stands for an engine that does not answer. Forgets what was changed. */
export function engineHas(objects: readonly Present[] | Error, about: Partial<EngineInfo> = {}): void {
  present = objects;
  info = about;
  changes.length = 0;
  pulled.clear();
}

let printed = '';

/** What commands in a container print. */
export function containersPrint(text: string): void {
  printed = text;
}

/** The commands that would have changed something, and where. */
export const changed = (): readonly { endpoint: Endpoint; args: readonly string[] }[] => changes;

const KINDS: Record<string, Found['kind']> = { ps: 'container', network: 'network', volume: 'volume' };

/** An engine that can do everything. */
const ABLE: Partial<EngineInfo> = {
  ...{ MemoryLimit: true, SwapLimit: true, PidsLimit: true, CpuCfsQuota: true, DockerRootDir: '/var/lib/docker' },
  InitCommit: { ID: 'de40ad0' },
};

const inspected = ({
  name,
  runs,
  restart = '',
  volumes,
  networks = [],
  aliases = [],
  reads = false,
  address,
}: Present) => ({
  Name: `/${name}`,
  State: { Running: runs, Restarting: false },
  HostConfig: { RestartPolicy: { Name: restart } },
  Mounts: volumes.map((volume) => ({
    ...{ RW: !reads, Destination: '/data' },
    ...(volume.startsWith('/') ? { Type: 'bind', Source: volume } : { Type: 'volume', Name: volume, Source: '/v' }),
  })),
  NetworkSettings: {
    Networks: Object.fromEntries(networks.map((network) => [network, { Aliases: aliases, IPAddress: address }])),
  },
});

function answer(endpoint: Endpoint, args: readonly string[]): string {
  if (present instanceof Error) throw present;
  const [command = ''] = args;
  if (command === 'info') return JSON.stringify({ ...ABLE, ID: says.id, Name: says.name, DockerRootDir: '', ...info });
  if (command === 'container') {
    const found = present.filter(({ name }) => args.includes(name));
    return args.includes('--format') ? '<no value>\n' : JSON.stringify(found.map(inspected));
  }
  if (command === 'network' && args[1] === 'inspect')
    return JSON.stringify(
      present
        .filter(({ kind, name }) => kind === 'network' && args.includes(name))
        .map(({ name, ipam = [] }) => ({ Name: name, IPAM: { Config: ipam } })),
    );
  if (command === 'node')
    return JSON.stringify([{ ID: 'node1', Spec: { Availability: 'active' }, Status: { State: 'ready' } }]);
  if (command === 'pull') {
    pulled.add(args.at(-1) ?? '');
    return '';
  }
  const reference = args.at(-1) ?? '';
  // Those that are built here are there.
  if (command === 'image' && args.length === 3 && (pulled.has(reference) || isBuiltHere(reference)))
    return JSON.stringify([{ Id: `sha256:${reference}` }]);
  // Nothing is known of other images by their ids.
  if (args[1] === 'inspect' && args[2] !== '--format') return '[]';
  if (command === 'exec' && printed) return printed;
  const kind = KINDS[command];
  if (!kind) {
    changes.push({ endpoint, args });
    return '';
  }
  return present
    .filter((one) => one.kind === kind)
    .map(({ name, owner, role = '', image, volumes, runs, networks = [] }) => {
      const { project = '', stack = '' } = owner ?? {};
      return [
        name,
        project,
        stack,
        role,
        image,
        volumes.join(','),
        runs ? 'running' : 'exited',
        networks.join(','),
      ].join('\t');
    })
    .join('\n');
}

/** Stands in unit tests for the docker command. */
export const connect = (endpoint: Endpoint): Docker => ({
  endpoint,
  capture: async (args) => ({ code: 0, stdout: answer(endpoint, args), stderr: '', all: '', timedOut: false }),
  run: async (args) => answer(endpoint, args),
  attached: async () => 0,
  start: (): ChildProcessWithoutNullStreams => {
    throw new Error('unit tests start no program');
  },
});
