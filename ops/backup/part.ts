/** What a backup needs to know of each server whose data it takes. */

import { InternalError } from '../../core/errors.mjs';
import type { Owner } from '../../core/labels.ts';
import type { Storage } from '../../core/storage.ts';
import type { Docker } from '../../docker/client.ts';
import type { Container } from '../../docker/inspect.ts';
import type { Commands } from '../../settings/origin.ts';
import type { Helper } from './helper/helper.ts';
import type { Description, ManifestPart } from './manifest.ts';

/** Where a server is found. */
interface Located {
  /** On Swarm, that of one of the tasks. */
  container: string;
  service?: string | undefined;
}

/** A stack whose data is taken or replaced. */
export interface Source {
  docker: Docker;
  owner: Owner;
  /** What people run on it, for the words of errors. */
  commands: Commands;
  servers: {
    webui: Located & { replicas?: number | undefined; bucket?: string | undefined } & Storage;
    valkey: Located & {
      /** Of another server that is asked from inside this container. */
      host?: string | undefined;
      operatorPassword: string;
      /** All servers, where there are several; the storage is that of the first. */
      several?: { servers: readonly (Located & { volume: string })[] } | undefined;
    } & Storage;
    /** Postgres, where the stack deploys one. */
    database?: (Located & Storage) | undefined;
    /** Only where there is one. */
    gateway?: (Located & Storage) | undefined;
  };
}

export type PartName = keyof Source['servers'];

/** The server of a part that a stack has. */
export function serverOf({ servers }: Pick<Source, 'servers'>, name: PartName): { container: string } & Storage {
  const server = servers[name];
  if (!server) throw new InternalError(`the stack has no ${name}`);
  return server;
}

/** The bytes of a part, as they come. */
export interface Taken {
  /** Files of a tar file below the part's folder, without what ends a tar file. */
  content: AsyncIterable<Uint8Array>;
  /** Called when all of the content was read. */
  describe(): Promise<Description>;
}

/** What a part may use while it is taken. */
export interface Taking {
  source: Source;
  helper: Helper;
  /** Its server's container; undefined where there is none, as after `npm run down`. */
  container: Container | undefined;
  /** Whether its volume or folder exists: a stack may be about to make the volume. */
  hasData: boolean;
  /** Notes how many bytes are to come, as far as that is known. */
  expect(bytes: number): void;
  /** Adds a warning to the manifest. */
  warn(text: string): void;
}

/** How the data of a part goes back into its volume. */
export interface Placement {
  /** Folders that no backup holds and that a restore leaves as they are. */
  keep: readonly string[];
  /** The only files that an archive may have of this part; undefined: any. */
  only?: readonly string[];
}

/** The data of one server in a backup. */
export interface Part {
  /** Its server, its folder in an archive and its mount in the helper. Fixed for life. */
  readonly name: PartName;
  take(taking: Taking): Promise<Taken>;
  readonly put: Placement;
  /** Folder with all of its data, for a part that a backup may lack: then it stays as it is. Undefined: every backup has it. */
  readonly stays?: string;
  /**
   * The owner of its files, as `uid:gid`.
   *
   * @param present the present owner of the volume.
   */
  owner(container: Container, present: string): string;
  /** Release of the program that will read the data; null where its image does not tell. */
  version(place: { docker: Docker; helper: Helper; container: Container }): Promise<string | null>;
  /** @throws UserError when the data is of a release that the present one cannot follow. */
  requireRelease(part: ManifestPart, present: string | null, commands: Commands): void;
  /** What people should know before this data goes into this stack. */
  remarks?(part: ManifestPart, source: Source): Promise<string[]>;
}
