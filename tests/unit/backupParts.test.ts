/** What a backup says that it does not have. */

import { PassThrough } from 'node:stream';
import type { Docker } from '../../docker/client.ts';
import type { Helper } from '../../ops/backup/helper/helper.ts';
import type { ManifestPart } from '../../ops/backup/manifest.ts';
import type { Source } from '../../ops/backup/part.ts';
import { webui } from '../../ops/backup/parts/webui.ts';
import { checkoutCommands } from '../../settings/origin.ts';

/** The warnings of a backup, by what the web UI's container answers. */
async function warnings(code: number, stdout: string, bucket?: string): Promise<string[]> {
  const all: string[] = [];
  const child = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  child.stdout.end('content');
  const { content } = await webui.take({
    source: {
      docker: { capture: async () => ({ code, stdout, stderr: '' }) } as unknown as Docker,
      owner: { project: 'open-webui', stack: 'test' },
      commands: checkoutCommands('--stack test'),
      servers: {
        webui: { container: 'chat', volume: 'chat', bucket },
        valkey: { container: 'valkey', volume: 'valkey', operatorPassword: '' },
      },
    },
    helper: { start: () => ({ child, ended: Promise.resolve({}) }) } as unknown as Helper,
    container: undefined,
    hasData: true,
    expect: () => undefined,
    warn: (text) => all.push(text),
  });
  for await (const _ of content);
  return all;
}

it('files in a bucket', async () => {
  expect(await warnings(0, 's3 example-chat')).toEqual([
    'uploaded files are in the bucket example-chat, which is not part of this backup',
  ]);
  expect(await warnings(0, 'gcs ')).toEqual([
    'uploaded files are in a bucket (STORAGE_PROVIDER is gcs), which is not part of this backup',
  ]);
  // Where nothing runs, the deployment tells.
  expect(await warnings(1, '', 'example-chat')).toEqual([
    'uploaded files are in the bucket example-chat, which is not part of this backup',
  ]);
});

it.each([
  ['in the volume', 0, ' '],
  ['in the volume, by name', 0, 'local '],
  ['unknown, as the server does not run', 1, ''],
])('nothing of files %s', async (_, code, stdout) => {
  expect(await warnings(code, stdout)).toEqual([]);
});

describe('a restore says of uploaded files', () => {
  const remarks = async (uploads: string | null | undefined, now: string) =>
    webui.remarks?.(
      { facts: { sessionKey: null, ...(uploads !== undefined && { uploads }) } } as unknown as ManifestPart,
      {
        docker: { capture: async () => ({ code: 0, stdout: now, stderr: '' }) },
        servers: { webui: { container: 'chat' } },
      } as unknown as Source,
    );

  it.each([
    ['nothing where they are where they were', 'the bucket a', 's3 a', []],
    ['nothing of a volume', null, 'local ', []],
    ['nothing where the backup is older', undefined, 's3 a', []],
    [
      'that the web UI looks elsewhere',
      null,
      's3 a',
      [
        'uploaded files of the backup were in the volume, and this stack looks for them in the bucket a, and does not find them',
      ],
    ],
    [
      'that they have to be in the other bucket',
      'the bucket a',
      's3 b',
      [
        'uploaded files of the backup were in the bucket a, and this stack looks for them in the bucket b, under the same keys: copy them there',
      ],
    ],
  ])('%s', async (_, uploads, now, expected) => {
    expect(await remarks(uploads, now)).toEqual(expected);
  });
});
