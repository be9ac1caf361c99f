/** What a deployment tells of its servers: what operations need. */

import type * as pulumi from '@pulumi/pulumi';
import type { Tls } from '../core/gateway.ts';
import type { Instances } from '../platform/platform.ts';

/** The gateway of a deployment. */
export interface GatewayOutput extends Instances {
  volume: string;
  /** Origins of the page, in the order of the domains. */
  origins: string[];
  /** Where the host reaches each port, by what is spoken there. */
  publishedAt: { http: string; https?: string | undefined };
  /** Where its certificates come from. */
  tls: Tls;
  /** Whether that is an authority that this machine need not know. */
  privateAuthority: boolean;
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
  /** Where the host reaches the page; absent where no port of the host is published. */
  publishedAt?: string | undefined;
  /** Server processes that subscribe to Valkey. */
  processes: number;
  /** Where its database is, unless that is SQLite. */
  database?: 'postgres';
}

/** The Valkey of a deployment. */
export interface ValkeyOutput extends Instances, StorageOutput {
  /** Address in its network. */
  url: string;
  /** Password of the user `operator`; empty where Valkey asks for none. */
  operatorPassword: string;
}

/** Where the data of a server is. */
export const storageOutput = (volume: pulumi.Output<string> | undefined, folder: string | undefined) => ({
  ...(volume !== undefined && { volume }),
  ...(folder !== undefined && { folder }),
});

/** The Postgres of a deployment. */
export type DatabaseOutput = Instances & StorageOutput;
