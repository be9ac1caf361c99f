/** What a backup says that it does not have. */

import { PassThrough } from 'node:stream';
import type { Docker } from '../../docker/client.ts';
import type { Helper } from '../../ops/backup/helper/helper.ts';
import { webui } from '../../ops/backup/parts/webui.ts';

/** The warnings of a backup, by what the web UI's container answers. */
async function warnings(code: number, stdout: string): Promise<string[]> {
  const all: string[] = [];
  const child = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  child.stdout.end('content');
  const { content } = await webui.take({
    source: {
      docker: { capture: async () => ({ code, stdout, stderr: '' }) } as unknown as Docker,
      owner: { project: 'open-webui', stack: 'test' },
      servers: {
        webui: { container: 'chat', volume: 'chat' },
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
  expect(await warnings(0, 's3')).toEqual([
    'uploaded files are in a bucket (STORAGE_PROVIDER is s3), which is not part of this backup',
  ]);
});

it.each([
  ['in the volume', 0, ''],
  ['in the volume, by name', 0, 'local'],
  ['unknown, as the server does not run', 1, ''],
])('nothing of files %s', async (_, code, stdout) => {
  expect(await warnings(code, stdout)).toEqual([]);
});
