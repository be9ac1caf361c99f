import type * as pulumi from '@pulumi/pulumi';
import type { Place } from '../core/attachments.ts';
import type { Gpus, Ulimits } from '../core/limits.ts';
import type { Duration, Memory, Size } from '../core/units.ts';
import type { Check, Timing } from './healthcheck.ts';

/** A Linux capability without its `CAP_`. */
export type Capability = 'CHOWN' | 'DAC_OVERRIDE' | 'KILL' | 'NET_BIND_SERVICE' | 'SETGID' | 'SETUID';

/** Numbers of a user and a group inside a container: their names need not exist there. */
export interface User {
  user: string;
  group: string;
}

/** A file that is there before the program starts and that `docker inspect` does not show. Only the program's user can read it. */
export interface SecretFile {
  path: string;
  content: pulumi.Output<string>;
}

/** Files that a program reads again while it runs: a change of one replaces nothing. */
export interface LiveFiles {
  /** Folder that holds them and nothing else. Only the program's user can read them. */
  folder: string;
  /** Contents by name. */
  files: pulumi.Output<Readonly<Record<string, string>>>;
  /** Program of the server's image that fails when the files in the folder cannot be used. The server keeps the old ones then. */
  check: readonly string[];
  /** Program that makes the server read them, run beside it. */
  reload: readonly string[];
}

/** A port of the server on the host. */
export interface Publication {
  /** Port on which the server listens. */
  targetPort: number;
  /** Port of the host. */
  port: number;
  /** Address of the host; `"127.0.0.1"` for the host alone. */
  address: string;
}

/** A place in a server at which something of the engine is mounted. */
export interface MountPoint {
  path: string;
  /** Default: false. */
  readOnly?: boolean | undefined;
  /** Folder at the place that exists, and belongs to its owner, before the server starts. Default: none; the place itself for `''`. */
  ownedFolder?: string | undefined;
  /** Who owns all that is at the place, where `ownedFolder` is given. Default: the server's user. */
  owner?: User | undefined;
}

/** A volume at its place in a server. */
export interface VolumeMount extends MountPoint {
  name: pulumi.Input<string>;
}

/** A folder or file of the host at its place in a server. It has to exist; nothing creates or removes it. */
export interface HostMount extends MountPoint {
  source: string;
}

export type Mount = VolumeMount | HostMount;

/** A network that a server joins, and what it is there. */
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

/** A long-running program, in words that any platform can carry out. */
export interface Workload {
  /** Name of the server on the engine. */
  name: string;
  /** Identical instances. Default: 1. */
  replicas?: number | undefined;
  /** Image reference. The platform pulls it unless the engine has it. */
  image: string;
  /**
   * What the reference stands for on the engine now; another one replaces the server, so that a tag that was pulled again takes effect.
   * Default: not known, which changes nothing.
   */
  imageId?: string | undefined;
  /** User of the program. Default: the image's. */
  user?: User | undefined;
  /** Capabilities to keep; all others are dropped. Default: none. */
  capabilities?: readonly Capability[] | undefined;
  /** Makes the root file system read-only; `tmpfs` has the folders, with their mount options, that stay writable and are lost at every stop. */
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
  /** Networks; the first is the one on which it can be published, and its first alias there is its host name. */
  networks: readonly Attachment[];
  mounts: readonly Mount[];
  publish?: readonly Publication[] | undefined;
  /** Names that resolve to the host from inside. */
  hostAliases?: readonly string[] | undefined;
  /** Other names that resolve without DNS, with their addresses. */
  extraHosts?: Readonly<Record<string, string>> | undefined;
  /** Host name of the server for itself. Default: the engine's choice. */
  hostname?: string | undefined;
  /** Labels besides those by which the deployment finds the server, which they never override. */
  labels?: Readonly<Record<string, string>> | undefined;
  ulimits?: Ulimits | undefined;
  /** Default: none. */
  gpus?: Gpus | undefined;
  /** Memory of an instance, without swap; the kernel ends what goes beyond. Changed in place. */
  memory: Memory;
  /** Processors of an instance. Default: all, as an engine refuses more than it has. */
  cpus?: number | undefined;
  /** Processes and threads of an instance. Changed in place. */
  pidsLimit: number;
  log: Log;
  /** How the server is asked whether it is well; one that hangs is ended and starts again. */
  check: Check;
  healthcheck: Timing;
  /** Time that a deployment grants before the check can succeed, on top of the check's own. Default: none. */
  extraStartTime?: Duration | undefined;
  /** Time between SIGTERM and SIGKILL when an instance is stopped, replaced or removed. */
  stopGrace: Duration;
}
