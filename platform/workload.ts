import type * as pulumi from '@pulumi/pulumi';
import type { Place } from '../core/attachments.ts';
import type { Gpus, Ulimits } from '../core/limits.ts';
import type { Duration, Memory, Size } from '../core/units.ts';
import type { Check, Timing } from './healthcheck.ts';

/** A Linux capability without its `CAP_`. */
export type Capability = 'CHOWN' | 'DAC_OVERRIDE' | 'KILL' | 'NET_BIND_SERVICE' | 'SETGID' | 'SETUID';

/** Numeric ids of a user and a group inside a container: their names need not exist there. */
export interface User {
  user: string;
  group: string;
}

/** A file that exists before the program starts and that `docker inspect` does not show. Only the program's user can read it. */
export interface SecretFile {
  path: string;
  content: pulumi.Output<string>;
}

/** Files that a program reloads while it runs: a change of one replaces nothing. */
export interface LiveFiles {
  /** Folder that holds them and nothing else. Only the program's user can read them. */
  folder: string;
  /** Contents by name. */
  files: pulumi.Output<Readonly<Record<string, string>>>;
  /** Program in the server's image that fails if the files in the folder are invalid. The server then keeps the old ones. */
  check: readonly string[];
  /** Program that makes the server reload them, run next to it. */
  reload: readonly string[];
}

/** A server before the clients of another one, in which their requests can wait while that one is replaced. */
export interface Front {
  /** Its name on the engine. */
  name: string;
  /** Program, run next to it, that makes new requests wait; it returns when those before them have ended. */
  hold: readonly string[];
  /** Program that lets them go on. */
  release: readonly string[];
}

/** What is set aside on its node for an instance. */
export interface Reservation {
  memory?: Memory | undefined;
  cpus?: number | undefined;
}

/** A port of the server on the host. */
export interface Publication {
  /** Port on which the server listens. */
  targetPort: number;
  /** Port of the host. */
  port: number;
  /** Address of the host; `"127.0.0.1"` for access from the host only. */
  address: string;
}

/** A mount point in a server. */
export interface MountPoint {
  path: string;
  /** Default: false. */
  readOnly?: boolean | undefined;
  /** Subfolder that exists, with its owner, before the server starts; `''` for the mount point itself. Default: none. */
  ownedFolder?: string | undefined;
  /** Owner of everything below the mount point, if `ownedFolder` is given. Default: the server's user. */
  owner?: User | undefined;
}

/** A volume at its mount point in a server. */
export interface VolumeMount extends MountPoint {
  name: pulumi.Input<string>;
}

/** A folder or file of the host at its mount point in a server. It must exist; nothing creates or removes it. */
export interface HostMount extends MountPoint {
  source: string;
}

export type Mount = VolumeMount | HostMount;

/** A network that a server joins, with its names and addresses there. */
export interface Attachment extends Place {
  name: pulumi.Input<string>;
}

/** Where a log goes. */
export interface Log {
  /** Log driver of the engine. */
  driver: string;
  /** Options of the driver. Default: none. */
  options?: Readonly<Record<string, string>> | undefined;
  /** Size at which a file is rotated, by a driver that does. */
  maxSize: Size;
  /** Files that such a driver keeps. */
  maxFiles: number;
}

/** A long-running program, in terms that any platform can implement. */
export interface Workload {
  /** Name of the server on the engine. */
  name: string;
  /** Identical instances. Default: 1. */
  replicas?: number | undefined;
  /** Id of the node of a cluster that runs it. Default: the node with the data. */
  node?: string | undefined;
  /** Whether no two instances share a node of a cluster. Default: false. */
  apart?: boolean | undefined;
  /** Whether instances may overlap, so that a new one can start before an old one has stopped. Default: false. */
  overlaps?: boolean | undefined;
  /** Image reference. The platform pulls it unless the engine has it. */
  image: string;
  /**
   * Id to which the reference resolves on the engine now; a different one replaces the server, so that a tag that was pulled again takes effect.
   * Default: not known, which changes nothing.
   */
  imageId?: string | undefined;
  /** User of the program. Default: the image's. */
  user?: User | undefined;
  /** Whether the image itself names an ordinary user, who could prepare nothing. Default: false. */
  imageHasUser?: boolean | undefined;
  /** Capabilities to keep; all others are dropped. Default: none. */
  capabilities?: readonly Capability[] | undefined;
  /** Makes the root file system read-only; `tmpfs` lists the folders, with their mount options, that stay writable and are lost at every stop. */
  readOnlyRoot?: { tmpfs: Readonly<Record<string, string>> } | undefined;
  /** Replaces the image's entrypoint. */
  entrypoint?: readonly string[] | undefined;
  /** Replaces the image's command. */
  command: pulumi.Input<readonly string[]>;
  /** Variables that `docker inspect` may show. */
  env?: Readonly<Record<string, pulumi.Input<string>>> | undefined;
  /** How they get there is the platform's business. */
  secretFiles?: readonly SecretFile[] | undefined;
  liveFiles?: LiveFiles | undefined;
  /** Where requests wait while its instances are replaced, if the platform can hold them. Default: they fail. */
  front?: Front | undefined;
  /** Networks; the first is the one on which it can be published, and its first alias there is its host name. */
  networks: readonly Attachment[];
  mounts: readonly Mount[];
  publish?: readonly Publication[] | undefined;
  /** Names that resolve to the host from inside. */
  hostAliases?: readonly string[] | undefined;
  /** Other names that resolve without DNS, with their addresses. */
  extraHosts?: Readonly<Record<string, string>> | undefined;
  /** Host name inside the server. Default: the engine's choice. */
  hostname?: string | undefined;
  /** Labels besides those by which the deployment finds the server, which they never override. */
  labels?: Readonly<Record<string, string>> | undefined;
  ulimits?: Ulimits | undefined;
  /** Parameters of the kernel for the server's network, by their names. A change replaces the server. Default: the platform's. */
  sysctls?: Readonly<Record<string, string>> | undefined;
  /** Default: none. */
  gpus?: Gpus | undefined;
  /** Memory of an instance, without swap; the kernel kills what exceeds it. Changed in place. */
  memory: Memory;
  /** Processors of an instance. Default: all, as an engine refuses more than it has. */
  cpus?: number | undefined;
  /** Default: nothing. */
  reservation?: Reservation | undefined;
  /** Processes and threads of an instance. Changed in place. */
  pidsLimit: number;
  log: Log;
  /** How the server's health is checked; one that hangs is killed and restarted. */
  check: Check;
  healthcheck: Timing;
  /** Time that a deployment allows before the check can succeed, on top of the check's own. Default: none. */
  extraStartTime?: Duration | undefined;
  /** Time between SIGTERM and SIGKILL when an instance is stopped, replaced or removed. */
  stopGrace: Duration;
}
