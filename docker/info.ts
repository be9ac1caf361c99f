/** What an engine says of itself. */

import type { Docker } from './client.ts';

/** What `docker info` says, as far as it is read. */
export interface EngineInfo {
  ID?: string;
  Name?: string;
  MemoryLimit: boolean;
  SwapLimit: boolean;
  PidsLimit: boolean;
  CpuCfsQuota: boolean;
  DockerRootDir: string;
  /** The program behind `--init`; its id is "N/A" when the engine could not run it. */
  InitBinary?: string;
  InitCommit?: { ID: string };
  /** Names of log drivers that it has by itself, among other lists. */
  Plugins?: { Log?: string[] | null };
  /** Programs that run containers, by name. */
  Runtimes?: Readonly<Record<string, unknown>>;
  /** The Swarm that it is in. */
  Swarm?: {
    NodeID?: string;
    LocalNodeState?: string;
    /** Whether it is a manager. */
    ControlAvailable?: boolean;
    Error?: string;
    Nodes?: number;
  };
  /** Devices that containers can ask for by name; newer engines alone tell them. */
  DiscoveredDevices?: { ID: string }[] | null;
}

/** An engine that has not answered by then is not waited for, in milliseconds. */
const TIMEOUT = 20_000;

/** @throws RemoteError when the engine does not answer. */
export const readInfo = async (docker: Docker): Promise<EngineInfo> =>
  JSON.parse(await docker.run(['info', '--format', '{{json .}}'], { timeout: TIMEOUT }));

/** Limits that an engine can set; what it cannot, it drops from a container with no more than a warning. */
export interface Limits {
  memory: boolean;
  swap: boolean;
  processes: boolean;
}

export const ALL_LIMITS: Limits = { memory: true, swap: true, processes: true };

export const limitsOf = ({ MemoryLimit, SwapLimit, PidsLimit }: EngineInfo): Limits => ({
  memory: MemoryLimit,
  swap: MemoryLimit && SwapLimit,
  processes: PidsLimit,
});
