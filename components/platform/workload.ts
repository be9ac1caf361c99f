import type * as pulumi from '@pulumi/pulumi';
import type { Duration, Memory, Size } from '../units.ts';

/** A Linux capability without its `CAP_`. */
export type Capability = 'CHOWN' | 'DAC_OVERRIDE' | 'SETGID' | 'SETUID';

/** A command that tells whether the container is healthy. */
export interface Healthcheck {
  /** Program and arguments, or a line for the container's shell; shown by `docker inspect`, so never with a secret. */
  test: { exec: readonly string[] } | { shell: string };
  /** Time after the start in which failures do not count. */
  startPeriod: Duration;
  /** Time between two checks. */
  interval: Duration;
  /** Time after which a check counts as failed. */
  timeout: Duration;
  /** Failures in a row that make the container unhealthy; at least 1. */
  retries: number;
}

/** A file that exists in the container from its first moment and that `docker inspect` does not show. */
export interface SecretFile {
  path: string;
  content: pulumi.Output<string>;
}

/** A port of the container on the Docker host. */
export interface Publication {
  containerPort: number;
  port: number;
  /** Address of the Docker host; `"127.0.0.1"` for the host alone. */
  address: string;
}

/** A long-running program in a container, in words that any platform can carry out. A change of anything but
 * `memory` replaces the container. */
export interface Workload {
  containerName: string;
  /** Image reference; pulled when the engine does not have it. */
  image: string;
  /** Replaces the image's entrypoint. */
  entrypoint?: readonly string[];
  /** Replaces the image's command. */
  command: pulumi.Input<readonly string[]>;
  /** Variables that `docker inspect` may show. */
  env?: Readonly<Record<string, pulumi.Input<string>>>;
  secretFiles?: readonly SecretFile[];
  /** The network that the container joins, and its names there besides its own. */
  network: { name: pulumi.Input<string>; aliases?: readonly string[] };
  volume: { name: pulumi.Input<string>; path: string };
  publish?: readonly Publication[];
  /** Names that resolve to the Docker host from inside. */
  hostAliases?: readonly string[];
  /** Capabilities besides none at all: every other one is dropped. Default: none. */
  capabilities?: readonly Capability[];
  /** Memory that the container may use, without swap; what goes beyond ends it. */
  memory: Memory;
  /** Processors that the container may use. Default: all of the host's, as the engine refuses more than there are. */
  cpus?: number | undefined;
  /** Whether a process of the engine's own stands before the program and takes care of orphans. Default: false. */
  init?: boolean;
  healthcheck: Healthcheck;
  log: { maxSize: Size; maxFiles: number };
  /** Time between SIGTERM and SIGKILL when the container is stopped, replaced or removed. */
  stopGrace: Duration;
}
