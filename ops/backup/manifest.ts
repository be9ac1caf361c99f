/** The description that an archive holds of itself: the last file in it, `manifest.json`. */

import { z } from 'zod';
import { unusable } from './unusable.ts';

/** Version of the format that is written. Archives of format 1 are read as well. */
export const FORMAT = 2;

const sum = {
  /** Bytes of a part of the tar file, headers included. */
  bytes: z.number().int().nonnegative(),
  /** Of the same bytes. */
  sha256: z.string(),
};

const program = {
  /** Image by the name that the container was made from, its id, and its digests in registries. */
  image: z.string(),
  imageId: z.string(),
  digests: z.array(z.string()),
  /** Release, where the image tells it. */
  version: z.string().nullable(),
};

const common = {
  project: z.string(),
  stack: z.string(),
  /** When it was begun, in UTC. */
  created: z.string(),
  /** What did not go as it should have, in words. */
  warnings: z.array(z.string()),
};

const part = z.object({
  /** Its folder in the archive. */
  name: z.string(),
  ...sum,
  ...program,
  /** What else the part says of its data; null for what is not known. */
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
});

const schema = z.object({ format: z.literal(FORMAT), ...common, parts: z.array(part) });

/** Format 1 knew two parts, and named them. */
const schema1 = z.object({
  format: z.literal(1),
  ...common,
  webui: z.object({
    ...program,
    users: z.number().nullable(),
    chats: z.number().nullable(),
    files: z.number().nullable(),
    sessionKey: z.string().nullable(),
  }),
  valkey: z.object({ ...program, snapshot: z.enum(['made', 'last']) }),
  parts: z.object({ webui: z.object(sum), valkey: z.object(sum) }),
});

export type Manifest = Omit<z.output<typeof schema>, 'format'> & { format: 1 | typeof FORMAT };
export type ManifestPart = z.output<typeof part>;

/** A part without what is only known when it is written. */
export type Description = Omit<ManifestPart, 'name' | keyof typeof sum>;

function upgraded({ webui, valkey, parts, ...rest }: z.output<typeof schema1>): Manifest {
  const partOf1 = (name: keyof typeof parts, { image, imageId, digests, version, ...facts }: Description1) => ({
    ...{ name, ...parts[name], image, imageId, digests, version, facts },
  });
  return { ...rest, parts: [partOf1('webui', webui), partOf1('valkey', valkey)] };
}
type Description1 = z.output<typeof schema1>['webui'] | z.output<typeof schema1>['valkey'];

/** @throws UserError for a manifest of another format, and for what is none. */
export function readManifest(text: string): Manifest {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    throw unusable('altered');
  }
  const { format } = given as { format?: unknown };
  if (format !== FORMAT && format !== 1) {
    throw unusable({
      because: `it has format ${String(format)}, and this program reads formats 1 and ${FORMAT}: use the release of the program that wrote it`,
    });
  }
  const parsed = format === 1 ? schema1.transform(upgraded).safeParse(given) : schema.safeParse(given);
  if (!parsed.success) throw unusable('altered');
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
