/** The container through which backups and restores work, on volumes without a deployment. */

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { labelsOf } from '../../core/labels.ts';
import { connect } from '../../docker/client.ts';
import { inspectContainer } from '../../docker/inspect.ts';
import { exchange, look, settle, stage } from '../../ops/backup/exchange.ts';
import { type Helper, isRestoring, withHelper } from '../../ops/backup/helper/helper.ts';
import type { Source } from '../../ops/backup/part.ts';
import { presentCounts } from '../../ops/backup/parts/webui.ts';
import { helperFor } from '../../ops/backup/source.ts';
import { IMAGES } from '../support/deployment.ts';
import { docker, removeObjectsOf, requireEngine, testStack } from '../support/docker.ts';

jest.setTimeout(120_000);

const stack = testStack('helper');
const owner = { project: 'open-webui', stack };
const source: Source = {
  docker: connect({}),
  owner,
  // There are no such containers: nothing has to stop.
  servers: {
    webui: { container: `${stack}-webui`, volume: `${stack}-webui` },
    valkey: { container: `${stack}-valkey`, volume: `${stack}-valkey`, operatorPassword: '' },
  },
};
const name = `${stack}-webui-archive`;
const label = (labels: Record<string, string>) =>
  Object.entries(labels).flatMap(([key, value]) => ['--label', `${key}=${value}`]);
const restoring = <Result>(work: (helper: Helper) => Promise<Result>) =>
  withHelper({ ...helperFor(source), image: IMAGES.webui, operation: 'restore' }, work);

/** Creates a container of the helper's name that never ran. */
const leave = (labels: Record<string, string>) =>
  docker('create', '--name', name, ...label(labels), '--entrypoint', 'true', IMAGES.webui);

beforeAll(async () => {
  await requireEngine();
  for (const { volume } of Object.values(source.servers))
    await docker('volume', 'create', ...label(labelsOf(owner)), volume);
});

afterAll(() => removeObjectsOf(stack));

it('is labelled with its stack, its role and what it does, and is gone afterwards', async () => {
  const labels = await restoring(async () => {
    expect(await isRestoring(source.docker, owner)).toBe(true);
    expect(await isRestoring(source.docker, { ...owner, stack: 'other' })).toBe(false);
    return (await inspectContainer(source.docker, name))?.Config.Labels;
  });
  expect(labels).toMatchObject({ ...labelsOf(owner, 'archive'), 'com.pulumi.operation': 'restore' });
  expect(await isRestoring(source.docker, owner)).toBe(false);
  expect(await inspectContainer(source.docker, name)).toBeUndefined();
});

it('takes the place of one that an engine has left', async () => {
  await leave(labelsOf(owner, 'archive'));
  expect(await restoring(look)).toMatchObject({ phase: null, half: false, kept: false });
});

it.each([
  ['another stack', labelsOf({ ...owner, stack: 'archive' }, 'archive'), `of the stack archive of ${owner.project}`],
  ['another role', labelsOf(owner, 'server'), `of the stack ${stack}`],
  ['no labels', {}, 'it was not touched'],
])('does not touch a container of its name with %s', async (_, labels, words) => {
  const id = await leave(labels);
  try {
    const refused = restoring(look);
    await expect(refused).rejects.toThrow(`the container ${name} is not a helper of this stack`);
    await expect(refused).rejects.toThrow(words);
    expect((await inspectContainer(source.docker, name))?.Id).toBe(id);
  } finally {
    await docker('rm', id);
  }
});

it('makes no symbolic link below another one, which could lead out of the volume', async () => {
  const link = (path: string, to: string) =>
    `info = tarfile.TarInfo("${path}"); info.type = tarfile.SYMTYPE; info.linkname = "${to}"; tar.addfile(info)`;
  const program = [
    'import sys, tarfile',
    'tar = tarfile.open(fileobj=sys.stdout.buffer, mode="w|")',
    link('webui/x', '/volumes/valkey'),
    link('webui/x/planted', '/etc/passwd'),
    'tar.close()',
  ].join('\n');
  await restoring(async (helper) => {
    const tar = execFileSync('docker', ['exec', name, 'python3', '-c', program]);
    const parts = ['webui', 'valkey'].map((part) => JSON.stringify({ name: part, keep: [], owner: '0:0' }));
    const { child, ended } = helper.start('put.py', 'stage', '.restore', ...parts);
    child.stdin.end(tar);
    await expect(ended).rejects.toThrow('is below a symbolic link');
    expect(await docker('exec', name, 'find', '/volumes', '-name', 'planted')).toBe('');
    expect(await look(helper)).toMatchObject({ phase: null, half: false, kept: false });
  });
});

it('puts an archive of format 1 into the volumes, keeps what was there, and can bring that back', async () => {
  await restoring(async (helper) => {
    const file = join(__dirname, '..', 'support', 'backup-format-1.tar.gz');
    const owners = { webui: '1000:1000', valkey: '999:1000' };
    await stage(helper, file, { owners, progress: () => {} });
    expect(await look(helper)).toMatchObject({ phase: null, half: true, kept: false });
    const nothing = async () => {};
    await exchange(helper, source, { started: nothing, proved: nothing });
    expect(await presentCounts(helper)).toEqual({ users: 2, chats: 3, files: 1 });
    expect(await look(helper)).toMatchObject({ phase: null, half: false, kept: true });
    const files = await docker('exec', name, 'find', '/volumes', '-type', 'f', '-printf', '%U:%G %s %p\n');
    expect(files.split('\n').sort()).toEqual([
      '1000:1000 16384 /volumes/webui/webui.db',
      '1000:1000 19 /volumes/webui/uploads/a.txt',
      '999:1000 122 /volumes/valkey/dump.rdb',
    ]);
    // One that does not work goes back again.
    await stage(helper, file, { owners, progress: () => {} });
    const broken = exchange(helper, source, { started: nothing, proved: () => Promise.reject(new Error('broken')) });
    await expect(broken).rejects.toThrow('broken');
    expect(await look(helper)).toMatchObject({ phase: null, half: false, kept: true });
    expect(await settle(helper, source)).toBeUndefined();
  });
});
