/** A server as the rules judge it, whether Docker runs it as a container or Swarm as a service. */

import type * as docker from '@pulumi/docker';
import { UnknownValueError } from '@pulumi/policy';
import type * as pulumi from '@pulumi/pulumi';
import { variablesIn } from '../core/environment.ts';
import { CONTAINER, SERVICE } from '../core/resourceTypes.ts';

/** A container as the provider gets it. */
export type Container = pulumi.Unwrap<docker.ContainerArgs>;

/** A service as the provider gets it. */
export type Service = pulumi.Unwrap<docker.ServiceArgs>;

/** Where a value stands in the arguments of the resource. */
type Arguments = Readonly<
  Record<
    | 'capabilitiesToAdd'
    | 'capabilitiesToDrop'
    | 'healthcheckRetries'
    | 'healthcheckTests'
    | 'image'
    | 'logDriver'
    | 'logFiles'
    | 'logSize'
    | 'memory'
    | 'ports'
    | 'secretFiles',
    string
  >
>;

/** A port of the server that the host's network reaches. */
interface Publication {
  /** Port inside the container. */
  port: number;
  /** Address of the host; undefined for every address. */
  address: string | undefined;
}

/**
 * What the rules need to know of a server.
 *
 * Each property is read from the arguments when a rule asks for it: during a preview a value may be unknown, and only the rules that need
 * that value have to wait for it.
 */
export interface Server {
  readonly kind: 'container' | 'service';
  readonly arguments: Arguments;
  readonly image: string;
  /** Variables that `docker inspect` shows. */
  readonly env: readonly (readonly [name: string, value: string])[];
  /** Labels, which it shows as well. */
  readonly labels: Readonly<Record<string, string>>;
  readonly publications: readonly Publication[];
  /** Whether every port that the image declares is published on every address. */
  readonly publishesAll: boolean;
  readonly capabilities: { readonly add: readonly string[]; readonly drop: readonly string[] };
  readonly privileged: boolean;
  /** Names of volumes and paths of the host that it can see. */
  readonly sources: readonly string[];
  /** Arguments through which it shares a namespace of the host. */
  readonly hostNamespaces: readonly string[];
  readonly healthcheck: { readonly tests: readonly string[]; readonly retries: number | undefined };
  readonly log: { readonly driver: string | undefined; readonly options: Readonly<Record<string, string>> };
  /** Limit of its memory, in the unit of its argument; undefined for none. */
  readonly memory: number | undefined;
  /** Whether it is a task that runs to its end. */
  readonly ends: boolean;
}

const present = (values: readonly (string | undefined)[]): string[] =>
  values.filter((value): value is string => value !== undefined && value !== '');

/** What a mount shows to a server: its source, and the folder of the host behind a volume that it makes. */
const sourcesOf = (mounts: Container['mounts'] | Service['taskSpec']['containerSpec']['mounts']) =>
  (mounts ?? []).flatMap(({ source, volumeOptions }) => [source, volumeOptions?.driverOptions?.['device']]);

const CONTAINER_ARGUMENTS: Arguments = {
  capabilitiesToAdd: 'capabilities.adds',
  capabilitiesToDrop: 'capabilities.drops',
  healthcheckRetries: 'healthcheck.retries',
  healthcheckTests: 'healthcheck.tests',
  image: 'image',
  logDriver: 'logDriver',
  logFiles: 'logOpts["max-file"]',
  logSize: 'logOpts["max-size"]',
  memory: 'memory',
  ports: 'ports',
  secretFiles: 'uploads',
};

/** Reads a container's arguments. */
export const ofContainer = (args: Container): Server => ({
  kind: 'container',
  arguments: CONTAINER_ARGUMENTS,
  get image() {
    return args.image;
  },
  get env() {
    return (args.envs ?? []).map((entry) => {
      const [name = '', ...value] = entry.split('=');
      return [name, value.join('=')] as const;
    });
  },
  get labels() {
    return Object.fromEntries((args.labels ?? []).map(({ label, value }) => [label, value]));
  },
  get publications() {
    return (args.ports ?? []).map(({ internal, ip }) => ({ port: internal, address: ip }));
  },
  get publishesAll() {
    return args.publishAllPorts === true;
  },
  get capabilities() {
    return { add: args.capabilities?.adds ?? [], drop: args.capabilities?.drops ?? [] };
  },
  get privileged() {
    return args.privileged === true;
  },
  get sources() {
    return present([
      // Docker takes a path for the name of a volume as well.
      ...(args.volumes ?? []).flatMap(({ hostPath, volumeName }) => [hostPath, volumeName]),
      ...sourcesOf(args.mounts),
      ...(args.uploads ?? []).map(({ source }) => source),
    ]);
  },
  get hostNamespaces() {
    return (['networkMode', 'pidMode', 'ipcMode'] as const).filter((mode) => args[mode] === 'host');
  },
  get healthcheck() {
    return { tests: args.healthcheck?.tests ?? [], retries: args.healthcheck?.retries };
  },
  get log() {
    return { driver: args.logDriver, options: args.logOpts ?? {} };
  },
  get memory() {
    return args.memory;
  },
  get ends() {
    return args.mustRun === false && (args.restart ?? 'no') === 'no';
  },
});

const SERVICE_ARGUMENTS: Arguments = {
  capabilitiesToAdd: 'taskSpec.containerSpec.capAdds',
  capabilitiesToDrop: 'taskSpec.containerSpec.capDrops',
  healthcheckRetries: 'taskSpec.containerSpec.healthcheck.retries',
  healthcheckTests: 'taskSpec.containerSpec.healthcheck.tests',
  image: 'taskSpec.containerSpec.image',
  logDriver: 'taskSpec.logDriver',
  logFiles: 'taskSpec.logDriver.options["max-file"]',
  logSize: 'taskSpec.logDriver.options["max-size"]',
  memory: 'taskSpec.resources.limits.memoryBytes',
  ports: 'endpointSpec.ports',
  secretFiles: 'taskSpec.containerSpec.secrets',
};

/** What `read` returns; undefined while that is unknown, in the preview of what is still to be made. */
function known<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnknownValueError) return undefined;
    throw error;
  }
}

/** Whether a service joins the host's network. One that is still to be made has no id yet, and is another one. */
const isHostNetwork = (network: { id?: string | undefined; name?: string | undefined }): boolean =>
  [known(() => network.id), known(() => network.name)].includes('host');

/** Reads a service's arguments. Swarm has no privileged tasks, and no namespaces of the host but its network. */
export const ofService = (args: Service): Server => ({
  kind: 'service',
  arguments: SERVICE_ARGUMENTS,
  get image() {
    return args.taskSpec.containerSpec.image;
  },
  get env() {
    const { env, commands } = args.taskSpec.containerSpec;
    // Where their order may not change, they stand before the entrypoint.
    return [...Object.entries(env ?? {}), ...variablesIn(commands ?? [])];
  },
  get labels() {
    // Those of its containers, and its own.
    const all = [...(args.taskSpec.containerSpec.labels ?? []), ...(args.labels ?? [])];
    return Object.fromEntries(all.map(({ label, value }) => [label, value]));
  },
  get publications() {
    // Swarm publishes on every address of every node, or in the mode `host` of those that run a task.
    return (args.endpointSpec?.ports ?? []).map(({ targetPort }) => ({ port: targetPort, address: undefined }));
  },
  publishesAll: false,
  get capabilities() {
    const { capAdds, capDrops } = args.taskSpec.containerSpec;
    return { add: capAdds ?? [], drop: capDrops ?? [] };
  },
  privileged: false,
  get sources() {
    return present(sourcesOf(args.taskSpec.containerSpec.mounts));
  },
  get hostNamespaces() {
    const networks = args.taskSpec.networksAdvanceds ?? [];
    return networks.some(isHostNetwork) ? ['taskSpec.networksAdvanceds'] : [];
  },
  get healthcheck() {
    const { tests, retries } = args.taskSpec.containerSpec.healthcheck ?? {};
    return { tests: tests ?? [], retries };
  },
  get log() {
    return { driver: args.taskSpec.logDriver?.name, options: args.taskSpec.logDriver?.options ?? {} };
  },
  get memory() {
    return args.taskSpec.resources?.limits?.memoryBytes;
  },
  get ends() {
    return args.taskSpec.restartPolicy?.condition === 'none';
  },
});

/** The server that a resource is; undefined for any other resource. */
export function serverOf(type: string, props: unknown): Server | undefined {
  if (type === CONTAINER) return ofContainer(props as Container);
  if (type === SERVICE) return ofService(props as Service);
  return undefined;
}
