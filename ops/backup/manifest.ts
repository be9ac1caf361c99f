/** What an archive says of itself: the last file in it, `manifest.json`. */

import { z } from 'zod';
import { ArchiveError } from './error.ts';

/** Version of the archive's format; a program reads its own alone. */
export const FORMAT = 1;

const part = z.object({
  /** Bytes of this part of the tar file, headers included. */
  bytes: z.number().int().nonnegative(),
  /** Of the same bytes. */
  sha256: z.string(),
});

const program = z.object({
  /** Image by the name that the container was made from, its id, and its digests in registries. */
  image: z.string(),
  imageId: z.string(),
  digests: z.array(z.string()),
  /** Release, where the image tells it. */
  version: z.string().nullable(),
});

const schema = z.object({
  format: z.literal(FORMAT),
  project: z.string(),
  stack: z.string(),
  /** When it was begun, in UTC. */
  created: z.string(),
  webui: program.extend({
    /** Users, chats and files in the database; null where the database is not in the volume. */
    users: z.number().nullable(),
    chats: z.number().nullable(),
    files: z.number().nullable(),
    /** A hash of the key that signs sessions and encrypts stored credentials; null where the container did not run. */
    sessionKey: z.string().nullable(),
  }),
  valkey: program.extend({
    /** Whether the snapshot was made for this archive, or is the last that Valkey has made by itself. */
    snapshot: z.enum(['made', 'last']),
  }),
  /** What did not go as it should have, in words. */
  warnings: z.array(z.string()),
  parts: z.object({ webui: part, valkey: part }),
});

export type Manifest = z.output<typeof schema>;

/** @throws ArchiveError for the manifest of another format, and for what is none. */
export function readManifest(text: string): Manifest {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    throw new ArchiveError('altered');
  }
  const { format } = given as { format?: unknown };
  if (format !== FORMAT) {
    throw new ArchiveError({
      because: `it has format ${String(format)}, and this program reads format ${FORMAT}: take the release of the program that wrote it`,
    });
  }
  const parsed = schema.safeParse(given);
  if (!parsed.success) throw new ArchiveError('altered');
  return parsed.data;
}

const numbers = (version: string) => (/\d+(\.\d+)*/.exec(version)?.[0] ?? '').split('.').map(Number);

/** Whether a release is newer than another, by the first `places` numbers of the two; false where one of them is not known. */
export function isNewer(version: string | null, than: string | null, places = 3): boolean {
  if (version === null || than === null) return false;
  const [a, b] = [numbers(version), numbers(than)];
  for (let place = 0; place < places; place++) {
    const difference = (a[place] ?? 0) - (b[place] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}
