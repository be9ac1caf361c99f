/** What an engine says of objects by their names or ids. */

import { RemoteError } from '../core/errors.mjs';
import type { Docker } from './client.ts';

interface Binding {
  HostIp: string;
  HostPort: string;
}

/** What `docker container inspect` says, as far as it is read. */
export interface Container {
  Id: string;
  Name: string;
  Image: string;
  RestartCount: number;
  State: {
    Status: string;
    Running: boolean;
    Restarting: boolean;
    ExitCode?: number;
    /** Why it could not be started; empty when it could. */
    Error?: string;
    StartedAt: string;
    Health?: { Status: string; Log?: { Output: string }[] | null };
  };
  Config: {
    Image: string;
    Cmd: string[] | null;
    Entrypoint: string[] | null;
    User: string;
    Hostname?: string;
    Env: string[] | null;
    Labels: Record<string, string> | null;
    Healthcheck?: { Test?: string[]; StartPeriod?: number; Interval?: number; Timeout?: number; Retries?: number };
    StopTimeout?: number;
  };
  HostConfig: {
    RestartPolicy: { Name: string };
    CapAdd: string[] | null;
    CapDrop: string[] | null;
    SecurityOpt: string[] | null;
    Memory: number;
    MemorySwap: number;
    NanoCpus: number;
    PidsLimit?: number | null;
    ReadonlyRootfs: boolean;
    Tmpfs?: Record<string, string> | null;
    Init?: boolean | null;
    Privileged: boolean;
    LogConfig: { Type: string; Config: Record<string, string> | null };
    PortBindings: Record<string, Binding[] | null> | null;
    ExtraHosts: string[] | null;
    NetworkMode?: string;
    Runtime?: string;
    PidMode?: string;
    IpcMode?: string;
    ShmSize?: number;
    VolumesFrom?: string[] | null;
    Devices?: unknown[] | null;
    Ulimits?: { Name: string; Soft: number; Hard: number }[] | null;
    /** Of GPUs, a count of -1 is all of them. */
    DeviceRequests?: { Count: number; DeviceIDs: string[] | null; Capabilities?: string[][] | null }[] | null;
  };
  Mounts: { Type: string; Name?: string; Source: string; Destination: string; RW: boolean }[];
  NetworkSettings: {
    Networks: Record<
      string,
      {
        Aliases: string[] | null;
        DNSNames?: string[] | null;
        /** What it was asked to have; absent where the engine chooses. */
        IPAMConfig?: { IPv4Address?: string; IPv6Address?: string } | null;
        /** What it has now; empty while it does not run. */
        IPAddress?: string;
        GlobalIPv6Address?: string;
      }
    >;
    /** Ports as they are published now; none while the container is stopped. */
    Ports?: Record<string, Binding[] | null> | null;
  };
}

/** What `docker image inspect` says, as far as it is read. */
export interface Image {
  Id: string;
  RepoDigests: string[] | null;
  Config: Pick<Container['Config'], 'Cmd' | 'Entrypoint' | 'User' | 'Env' | 'Labels' | 'Healthcheck'> & {
    Volumes?: Record<string, unknown> | null;
  };
}

/** What `docker network inspect` says, as far as it is read. */
export interface Network {
  Id: string;
  Name: string;
  Internal: boolean;
  /** `local` of one engine, `swarm` of a Swarm. */
  Scope?: string;
  IPAM: { Config: { Subnet?: string; Gateway?: string }[] | null };
  /** Of its driver. */
  Options?: Record<string, string> | null;
  Labels: Record<string, string> | null;
}

/** What `docker volume inspect` says, as far as it is read. */
export interface Volume {
  Name: string;
  /** Of its driver; with `device` a volume stands for a folder of the host. */
  Options?: Record<string, string> | null;
}

interface Kinds {
  container: Container;
  image: Image;
  network: Network;
  volume: Volume;
}

/**
 * The objects of some names or ids, of those that exist.
 *
 * @throws RemoteError when the engine does not answer.
 */
export async function inspect<Kind extends keyof Kinds>(
  docker: Docker,
  kind: Kind,
  names: readonly string[],
): Promise<Kinds[Kind][]> {
  if (names.length === 0) return [];
  const { stdout, stderr } = await docker.capture([kind, 'inspect', ...names]);
  const unexpected = stderr.split('\n').find((line) => line && !/no such|not found/i.test(line));
  if (unexpected) throw new RemoteError(`docker ${kind} inspect: ${unexpected}`);
  return JSON.parse(stdout);
}

/** A container by its name or id; undefined when there is none. */
export const inspectContainer = async (docker: Docker, name: string): Promise<Container | undefined> =>
  (await inspect(docker, 'container', [name]))[0];
