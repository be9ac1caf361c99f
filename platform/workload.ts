import type * as pulumi from '@pulumi/pulumi';
import type { Duration, Memory, Size } from '../core/units.ts';
import type { Healthcheck } from './healthcheck.ts';

/** A Linux capability without its `CAP_`. */
export type Capability = 'CHOWN' | 'DAC_OVERRIDE' | 'KILL' | 'SETGID' | 'SETUID';

/** Numbers of a user and a group inside a container: their names need not exist there. */
export interface Owner {
  user: string;
  group: string;
}

/** A file that exists in the container from its first moment and that `docker inspect` does not show. Only its owner can read it. */
export interface SecretFile {
  path: string;
  content: pulumi.Output<string>;
  /** Default: root. */
  owner?: Owner;
}

/** A port of the container on the Docker host. */
export interface Publication {
  containerPort: number;
  port: number;
  /** Address of the Docker host; `"127.0.0.1"` for the host alone. */
  address: string;
}

/** A volume at its place in a container. */
export interface VolumeMount {
  name: pulumi.Input<string>;
  path: string;
  /** Default: false. */
  readOnly?: boolean;
}

/** What a container is kept from, and what it may use up. */
export interface Confinement {
  /** Capabilities besides none at all: every other one is dropped. Default: none. */
  capabilities?: readonly Capability[];
  /** Memory that the container may use, without swap; what goes beyond ends it. */
  memory: Memory;
  log: { maxSize: Size; maxFiles: number };
}

/** A long-running program in a container, in words that any platform can carry out. A change of anything but
 * `memory` replaces the container. */
export interface Workload extends Confinement {
  containerName: string;
  /** Image reference that the engine has. */
  image: pulumi.Input<string>;
  /** User and group of the program, as `"1000:1000"`. Default: the image's. */
  user?: string | undefined;
  /** Makes the root file system read-only; `tmpfs` has the folders, with their mount options, that stay writable and are lost at every stop. */
  readOnlyRoot?: { tmpfs: Readonly<Record<string, string>> } | undefined;
  /** Replaces the image's entrypoint. */
  entrypoint?: readonly string[];
  /** Replaces the image's command. */
  command: pulumi.Input<readonly string[]>;
  /** Variables that `docker inspect` may show. */
  env?: Readonly<Record<string, pulumi.Input<string>>>;
  /** Not together with `readOnlyRoot`: the engine writes them into the root file system. */
  secretFiles?: readonly SecretFile[];
  /** The networks that the container joins, and its names there besides its own. */
  networks: readonly { name: pulumi.Input<string>; aliases?: readonly string[] }[];
  volumes: readonly VolumeMount[];
  publish?: readonly Publication[];
  /** Names that resolve to the Docker host from inside. */
  hostAliases?: readonly string[];
  /** Processors that the container may use. Default: all of the host's, as the engine refuses more than there are. */
  cpus?: number | undefined;
  /** Also ends the program when it hangs, for the engine to start it again. */
  healthcheck: Healthcheck;
  /** Time that a deployment gives the program before the check can succeed, over and above what the check gives it. Default: none. */
  preparation?: Duration;
  /** Time between SIGTERM and SIGKILL when the container is stopped, replaced or removed. */
  stopGrace: Duration;
}

/** A program that prepares the volumes of a workload and ends. A change of anything runs it again. */
export interface Task extends Confinement {
  containerName: string;
  /** Image reference that the engine has. */
  image: pulumi.Input<string>;
  entrypoint: readonly string[];
  command: readonly string[];
  secretFiles: readonly SecretFile[];
  volumes: readonly VolumeMount[];
}
