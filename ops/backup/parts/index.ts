import type { Storage } from '../../../core/storage.ts';
import type { Part, PartName, Source } from '../part.ts';
import { database } from './database.ts';
import { gateway } from './gateway.ts';
import { valkey } from './valkey.ts';
import { webui } from './webui.ts';

/**
 * All parts that a backup can have. Servers stop in this order and start in the reverse one. The volume of the first part, the anchor, holds
 * the note of how far a restore has come.
 */
export const PARTS: readonly Part[] = [webui, valkey, gateway, database];

/** The order in which parts are taken: the database before the files to which it refers. */
export const TAKEN: readonly Part[] = [database, webui, valkey, gateway];

/** A server of a stack by the name of its part. */
interface Server {
  part: Part;
  container: string;
  /** On Swarm, with the number of its tasks. */
  service?: string | undefined;
  replicas: number;
  storage: Storage;
  /** Servers with copies of its data, which stop and start with it. */
  others: readonly { container: string; service?: string | undefined; volume: string }[];
}

/** The servers of a stack that have a part, in the order of {@link PARTS}. */
export const serversOf = ({ servers }: Pick<Source, 'servers'>, parts: readonly Part[] = PARTS): Server[] =>
  parts.flatMap((part) => {
    const server = servers[part.name];
    if (!server) return [];
    const { container, service, replicas = 1 } = server as typeof servers.webui;
    const others = part.name === 'valkey' ? (servers.valkey.several?.servers.slice(1) ?? []) : [];
    return [{ ...{ part, container, service, replicas }, storage: server, others }];
  });

/** Whether a stack has a part. */
export const hasPart = ({ servers }: Pick<Source, 'servers'>, name: string): boolean =>
  servers[name as PartName] !== undefined;
