/** What a deployment tells of its servers: what operations need. */

import type * as pulumi from '@pulumi/pulumi';
import type { Instances } from '../platform/platform.ts';

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
