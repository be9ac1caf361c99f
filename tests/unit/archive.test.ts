/** The file of a backup: what is written is read, and what is not as it was written is refused with the reason. */

import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type Contents, needsPassphrase, readArchive, writeArchive } from '../../ops/backup/archive.ts';
import { countText, sizeText } from '../../ops/backup/format.ts';
import { isNewer, type Manifest } from '../../ops/backup/manifest.ts';
import { END, fileHeader, padding, pieces } from '../../ops/backup/tar.ts';

jest.setTimeout(60_000);

let dir: string;
let file: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'open-webui-archive-'));
  file = join(dir, 'one.tar.gz');
});

afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

const program = { image: 'some/image:1', imageId: 'sha256:1', digests: [] };
const about: Omit<Manifest, 'parts'> = {
  format: 2,
  project: 'open-webui',
  stack: 'test',
  created: '2026-11-21T10:20:30.000Z',
  warnings: [],
};
const webui = { ...program, version: '0.12.4', facts: { users: 2, chats: 3, files: 1, sessionKey: null } };
const valkey = { ...program, version: '8.1.1', facts: { snapshot: 'made' } };

async function* chunks(...all: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* all;
}

const tarred = (name: string, content: Buffer) =>
  Buffer.concat([fileHeader(name, content.length, 1), content, padding(content.length)]);

/** Does not compress, so that the file has a middle. */
const noise = Buffer.concat(
  Array.from({ length: 2000 }, (_, number) => createHash('sha256').update(String(number)).digest()),
);
const dump = Buffer.from('VALKEY080 and so on');

type Part = Contents['parts'][number];

const contents = (more: Partial<Part> = {}): Contents => ({
  parts: [
    {
      name: 'webui',
      take: async () => ({
        // In pieces that end in the middle of everything.
        content: chunks(
          ...[
            ...tarred('webui/uploads/a.bin', noise)
              .toString('latin1')
              .matchAll(/.{1,777}/gs),
          ].map(([text]) => Buffer.from(text, 'latin1')),
        ),
        describe: async () => webui,
      }),
    },
    {
      name: 'valkey',
      take: async () => ({ content: chunks(tarred('valkey/dump.rdb', dump)), describe: async () => valkey }),
      ...more,
    },
  ],
  describe: () => about,
});

const raw = () => gunzipSync(readFileSync(file));

describe('an archive', () => {
  it('is read as it was written, in whatever pieces', async () => {
    const written = await writeArchive(file, contents());
    const taken: Uint8Array[] = [];
    const read = await readArchive(file, {
      take: async (chunk) => {
        taken.push(Buffer.from(chunk));
      },
    });
    expect(read).toEqual(written);
    expect(read).toMatchObject({
      ...about,
      parts: [
        { name: 'webui', ...webui },
        { name: 'valkey', ...valkey, bytes: 1024 },
      ],
    });
    expect(Buffer.concat(taken).equals(raw())).toBe(true);
  });

  it("is its owner's alone, and nothing else is left in the folder", async () => {
    await writeArchive(file, contents());
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(dir)).toEqual(['one.tar.gz']);
  });

  it('does not appear, not even in part, when its contents cannot be had', async () => {
    const broken = contents({ take: () => Promise.reject(new Error('Valkey is gone')) });
    await expect(writeArchive(file, broken)).rejects.toThrow('Valkey is gone');
    expect(readdirSync(dir)).toEqual([]);
  });

  it('does not appear when it is interrupted', async () => {
    const interrupt = new AbortController();
    const take = async () => {
      interrupt.abort();
      return { content: chunks(dump), describe: async () => valkey };
    };
    await expect(writeArchive(file, contents({ take }), { signal: interrupt.signal })).rejects.toThrow('aborted');
    expect(readdirSync(dir)).toEqual([]);
  });

  it('is never written over another one', async () => {
    writeFileSync(`${file}.partial`, 'of somebody else');
    await expect(writeArchive(file, contents())).rejects.toThrow('EEXIST');
    expect(existsSync(file)).toBe(false);
  });

  it('is encrypted with a passphrase, and opens with that alone', async () => {
    await writeArchive(file, contents(), { passphrase: 'four words of mine' });
    expect(await needsPassphrase(file)).toBe(true);
    expect(readFileSync(file).includes(gzipSync(noise).subarray(100, 150))).toBe(false);
    expect(await readArchive(file, { passphrase: 'four words of mine' })).toMatchObject(about);
    await expect(readArchive(file, { passphrase: 'other words' })).rejects.toThrow(
      'it is encrypted, and the passphrase does not open it',
    );
    await expect(readArchive(file)).rejects.toThrow('the passphrase does not open it');
  });
});

describe('what is not as it was written', () => {
  const rewritten = (change: (tar: Buffer) => Buffer) => writeFileSync(file, gzipSync(change(raw())));
  const flipped = (at: (size: number) => number) => {
    const bytes = readFileSync(file);
    const index = at(bytes.length);
    bytes[index] = (bytes[index] as number) ^ 1;
    writeFileSync(file, bytes);
  };
  const cut = (to: (size: number) => number) => truncateSync(file, to(statSync(file).size));
  const manifestAs = (change: (manifest: Record<string, unknown>) => unknown) =>
    rewritten((tar) => {
      const start = tar.lastIndexOf('manifest.json');
      const text = tar
        .subarray(start + 512)
        .toString('utf8')
        .replace(/\0.*$/s, '');
      const changed = Buffer.from(JSON.stringify(change(JSON.parse(text))));
      return Buffer.concat([tar.subarray(0, start), tarred('manifest.json', changed), END]);
    });
  const TRUNCATED = 'it is truncated: part of it is missing';
  const ALTERED = 'its content is not what was written: it is damaged or was changed';
  const FOREIGN = 'it is not a backup of this program';

  it.each<[string, () => void, string]>([
    ['half of it', () => cut((size) => Math.floor(size / 2)), TRUNCATED],
    ['all but its last byte', () => cut((size) => size - 1), TRUNCATED],
    ['its first 20 bytes', () => cut(() => 20), TRUNCATED],
    ['nothing', () => cut(() => 0), FOREIGN],
    ['a bit of the content changed', () => flipped((size) => Math.floor(size / 2)), ALTERED],
    ['a bit of the checksum of all changed', () => flipped((size) => size - 6), ALTERED],
    ['recompressed without its end', () => rewritten((tar) => tar.subarray(0, 30_000)), TRUNCATED],
    [
      'recompressed without its manifest',
      () => rewritten((tar) => tar.subarray(0, tar.lastIndexOf('manifest.json'))),
      TRUNCATED,
    ],
    ['recompressed with another content', () => rewritten((tar) => Buffer.from(tar.fill('x', 5000, 5001))), ALTERED],
    ['recompressed with another header', () => rewritten((tar) => Buffer.from(tar.fill('x', 3, 4))), ALTERED],
    ['a text', () => writeFileSync(file, 'a text'), FOREIGN],
    ['another tar file', () => rewritten(() => Buffer.concat([tarred('etc/passwd', noise), END])), FOREIGN],
    [
      'a manifest of another format',
      () => manifestAs((manifest) => ({ ...manifest, format: 3 })),
      'it has format 3, and this program reads formats 1 and 2: use the release of the program that wrote it',
    ],
    [
      'a manifest without one of its parts',
      () => manifestAs(({ parts, ...rest }) => ({ ...rest, parts: (parts as { name: string }[]).slice(1) })),
      ALTERED,
    ],
    ['a manifest that lacks something', () => manifestAs(({ parts: _, ...rest }) => rest), ALTERED],
  ])('%s is refused with the reason', async (_, change, reason) => {
    await writeArchive(file, contents());
    change();
    await expect(readArchive(file)).rejects.toThrow(reason);
  });

  it.each<[string, () => void, string]>([
    ['half of it', () => cut((size) => Math.floor(size / 2)), ALTERED],
    ['a bit changed', () => flipped((size) => Math.floor(size / 2)), ALTERED],
  ])('behind a passphrase, %s is refused with the reason', async (_, change, reason) => {
    await writeArchive(file, contents(), { passphrase: 'x' });
    change();
    await expect(readArchive(file, { passphrase: 'x' })).rejects.toThrow(reason);
  });

  it('is distinguished from an archive that is not there', async () => {
    await expect(readArchive(join(dir, 'none'))).rejects.toThrow('ENOENT');
  });
});

describe('an archive of format 1', () => {
  const stored = join(__dirname, '..', 'support', 'backup-format-1.tar.gz');

  it('is read as one of the present format', async () => {
    const manifest = await readArchive(stored);
    expect(manifest).toEqual({
      format: 1,
      project: 'open-webui',
      stack: 'dev',
      created: '2026-11-21T10:20:30.000Z',
      warnings: [],
      parts: [
        expect.objectContaining({
          name: 'webui',
          bytes: 17_920,
          image: 'ghcr.io/open-webui/open-webui:v0.12.4',
          version: '0.12.4',
          facts: { users: 2, chats: 3, files: 1, sessionKey: null },
        }),
        expect.objectContaining({
          name: 'valkey',
          bytes: 1024,
          image: 'docker.io/valkey/valkey:8.0.10-alpine',
          version: '8.0.10',
          facts: { snapshot: 'made' },
        }),
      ],
    });
  });

  it('is refused with the reason when it is damaged', async () => {
    const tar = gunzipSync(readFileSync(stored));
    writeFileSync(file, gzipSync(tar.fill('x', 600, 601)));
    await expect(readArchive(file)).rejects.toThrow('its content is not what was written');
  });
});

describe('a tar file', () => {
  it('has files of more than 8 GiB', async () => {
    const size = 9 * 1024 ** 3;
    const header = fileHeader('webui/large', size, 1);
    const seen = pieces(chunks(header, Buffer.alloc(512)));
    expect((await seen.next()).value).toMatchObject({ part: 'webui', content: false });
    expect((await seen.next()).value).toMatchObject({ part: 'webui', content: true });
    await expect(seen.next()).rejects.toThrow('it is truncated');
  });
});

it.each<[string | null, string | null, number, boolean]>([
  ['0.12.4', '0.12.4', 3, false],
  ['0.12.10', '0.12.4', 3, true],
  ['v0.12.4', '0.13.0', 3, false],
  ['1.0', '0.99.99', 3, true],
  ['8.1.4', '8.1.1', 2, false],
  ['8.1.1', '8.0.10', 2, true],
  [null, '0.12.4', 3, false],
  ['0.12.4', null, 3, false],
])('%s is newer than %s by %i numbers: %s', (version, than, places, newer) => {
  expect(isNewer(version, than, places)).toBe(newer);
});

it('says sizes and numbers as people do', () => {
  expect([0, 1023, 1024, 5_300_000, 200 * 1024 ** 3].map(sizeText)).toEqual([
    '0 B',
    '1023 B',
    '1.0 KiB',
    '5.1 MiB',
    '200 GiB',
  ]);
  expect(countText({ users: 1, chats: 0, files: 12 })).toBe('1 user, 0 chats and 12 files');
  expect(countText({ users: null, chats: null, files: null })).toBe('no database in the volume');
});
