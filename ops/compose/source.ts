/** A deployment of Open WebUI as it stands today, in words that a Compose file and an engine have in common. */

/** What is mounted into a container. */
export type Mount = { target: string; readOnly: boolean } & (
  | {
      kind: 'volume';
      /** Its name on the engine; undefined for one that has none of its own, which a new container does not find again. */
      name: string | undefined;
    }
  | {
      kind: 'folder';
      /** A folder or file of the Docker host, absolute. */
      folder: string;
    }
);

/** A port of the host. */
export interface Port {
  target: number;
  /** Undefined where the engine chooses it. */
  published: number | undefined;
  /** Default: every address. */
  address: string | undefined;
  protocol: string;
}

/** A network that a service joins, by its name on the engine. */
export interface Attachment {
  network: string;
  aliases: readonly string[];
  /** Addresses that it happens to have now. */
  addresses?: readonly string[] | undefined;
  /** Addresses that it always has. */
  ipv4?: string | undefined;
  ipv6?: string | undefined;
}

/** Timing of a health check, in seconds. */
export interface Timing {
  startPeriod?: number | undefined;
  interval?: number | undefined;
  timeout?: number | undefined;
  retries?: number | undefined;
}

/** A container, or what a Compose file says of one. */
export interface Service {
  /** In the Compose file; of a container, its name. */
  name: string;
  /** Name of the container where one was chosen; undefined for what Compose makes up. */
  container: string | undefined;
  image: string;
  /** Whether Compose builds the image, so that no registry has it. */
  built: boolean;
  /** Digest of the image, where an engine was asked. */
  digest?: string | undefined;
  /** Release by the image's own label, where an engine was asked. */
  release?: string | undefined;
  env: Readonly<Record<string, string>>;
  /** What replaces the image's own start command. */
  start: readonly string[] | undefined;
  mounts: readonly Mount[];
  ports: readonly Port[];
  networks: readonly Attachment[];
  /** `host`, `none`, `service:NAME`, instead of networks. */
  networkMode: string | undefined;
  labels: Readonly<Record<string, string>>;
  hostname: string | undefined;
  extraHosts: Readonly<Record<string, string>>;
  ulimits: Readonly<Record<string, { soft: number; hard: number }>>;
  log: { driver: string; options: Readonly<Record<string, string>> } | undefined;
  healthcheck: Timing;
  /** In bytes. */
  memory: number | undefined;
  cpus: number | undefined;
  pids: number | undefined;
  gpus: 'all' | number | readonly string[] | undefined;
  user: string | undefined;
  capDrop: readonly string[];
  securityOpt: readonly string[];
  /** Services that it waits for. */
  dependsOn: readonly string[];
  /** Everything else, by Compose's own names: of no use here but to be judged. */
  rest: Readonly<Record<string, unknown>>;
}

/** A network by its name on the engine. */
export interface NetworkFacts {
  /** Whether it outlives the services: made elsewhere, or found on an engine. */
  external: boolean;
  /** Whether a container may join it where it belongs to a Swarm. */
  attachable?: boolean;
  subnets: readonly string[];
}

/** Something that has to be known and is not: a value, a file. */
export interface Unknown {
  /** Services that it concerns; undefined for all. */
  service: string | undefined;
  text: string;
}

/** A deployment as it stands. */
export interface Source {
  kind: 'compose' | 'containers';
  /** Compose files, as they were named. */
  files: readonly string[];
  /** Compose project. */
  project: string | undefined;
  /** Options by which the docker compose command finds the same project. */
  compose: readonly string[];
  services: readonly Service[];
  /** Names of services that only a profile starts, with their profiles. */
  inactive: Readonly<Record<string, readonly string[]>>;
  networks: Readonly<Record<string, NetworkFacts>>;
  unknown: readonly Unknown[];
}
