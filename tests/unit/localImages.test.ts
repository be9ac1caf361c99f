/** Which images can be built on this machine. */

import { join } from 'node:path';
import type { Docker } from '../../docker/client.ts';
import { readStackFile } from '../../settings/file.ts';
import { buildImages } from '../../setup/buildImages.ts';

const root = join(__dirname, '..', '..');
const { database, valkey, webui } = readStackFile(join(root, 'Pulumi.local.yaml'), 'open-webui', 'local');

/** An engine that has some images already. */
const engineWith = (...images: string[]) => ({ run: async () => images.join('\n') }) as Partial<Docker> as Docker;

const build = (names: string[], docker: Docker) => buildImages(names, { root, env: {}, docker, progress: () => {} });

it('builds nothing that is there: those of the stack local', async () => {
  const names = [valkey.image, webui.image, database.image];
  expect(await build(names, engineWith(...names))).toEqual([]);
});

it.each([
  [
    'local/gateway:1.0',
    'There is no recipe for local/gateway:1.0; there is one for local/valkey, local/haproxy, local/postgres, local/caddy, local/open-webui',
  ],
  ['local/open-webui:0.9.9-pypi', /^local\/open-webui:0\.9\.9-pypi cannot be built, as its recipe in .* builds \d/],
  ['local/valkey', /^local\/valkey cannot be built, as its recipe in .* builds 8\.1$/],
])('refuses %s', async (name, message) => {
  await expect(build([name], engineWith())).rejects.toMatchObject({
    name: 'UserError',
    message: expect.stringMatching(message),
    next: 'the stack file Pulumi.local.yaml names the images that can be built here',
  });
});
