/** What a deployment outputs about its servers, for operational commands. */

import type * as pulumi from '@pulumi/pulumi';
import type { Tls } from '../core/gateway.ts';
import type { Duration } from '../core/units.ts';
import type { Instances } from '../platform/platform.ts';

/** The gateway of a deployment. */
export interface GatewayOutput extends Instances {
  volume: string;
  /** Origins of the page, in the order of the domains. */
  origins: string[];
  /** Where the host reaches each port, by protocol. */
  publishedAt: { http: string; https?: string | undefined };
  /** Where its certificates come from. */
  tls: Tls;
  /** Whether this machine need not trust that certificate authority. */
  privateAuthority: boolean;
  /** For how long a request waits for the web UI, such as `60s`. */
  waitTimeout: Duration;
}

/** Where a server has its data: one of the two. */
interface StorageOutput {
  /** Name of the volume. */
  volume?: string;
  /** Folder of the Docker host. */
  folder?: string;
}

/** The web UI of a deployment. */
export interface WebUIOutput extends Instances, StorageOutput {
  /** Where the host reaches the page; absent if no host port is published. */
  publishedAt?: string | undefined;
  /** Number of instances; absent on plain Docker, which has one. */
  replicas?: number;
  /** Server processes of each instance that subscribe to Valkey. */
  processes: number;
  /** Where its database is, unless that is SQLite. */
  database?: 'postgres';
  /** Name of the bucket with uploaded files, unless they are in its volume. */
  bucket?: string;
}

/** A server as far as it is known before there is any. */
type Placed = { [Key in keyof (Instances & StorageOutput)]: pulumi.Input<(Instances & StorageOutput)[Key]> };

/** The Valkey of a deployment. */
export interface ValkeyOutput extends Instances, StorageOutput {
  /** Address in its network. */
  url: string;
  /** Password of the user `operator`; empty if Valkey requires none. */
  operatorPassword: string;
  /** All servers, the first of which is the one above, and the balancer before them; absent where there is one. */
  several?: {
    /** `node`: id of the Swarm node, where that is not the node with the data. */
    servers: readonly (Placed & { node?: string })[];
    balancer: Placed & { replicas?: number };
  };
}

/** Where the data of a server is. */
export const storageOutput = (volume: pulumi.Output<string> | undefined, folder: string | undefined) => ({
  ...(volume !== undefined && { volume }),
  ...(folder !== undefined && { folder }),
});

/** The Postgres of a deployment. */
export type DatabaseOutput = Instances & StorageOutput;
