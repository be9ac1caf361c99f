/** The container through which backups and restores work, on volumes without a deployment. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labelsOf } from '../../core/labels.ts';
import { sourceOf } from '../../core/storage.ts';
import { until } from '../../core/until.ts';
import { connect } from '../../docker/client.ts';
import { inspectContainer } from '../../docker/inspect.ts';
import { readArchive } from '../../ops/backup/archive.ts';
import { exchange, forget, look, settle, stage } from '../../ops/backup/exchange.ts';
import { type Helper, isRestoring, withHelper } from '../../ops/backup/helper/helper.ts';
import type { Source } from '../../ops/backup/part.ts';
import { lookAtDatabase, presentCounts } from '../../ops/backup/parts/webui.ts';
import { helperFor } from '../../ops/backup/source.ts';
import { take } from '../../ops/backup/take.ts';
import { checkoutCommands } from '../../settings/origin.ts';
import { IMAGES } from '../support/deployment.ts';
import { docker, removeObjectsOf, requireEngine, testStack } from '../support/docker.ts';

jest.setTimeout(120_000);

const stack = testStack('helper');
const owner = { project: 'open-webui', stack };
const source: Source = {
  docker: connect({}),
  owner,
  commands: checkoutCommands(`--stack ${stack}`),
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
  for (const server of [source.servers.webui, source.servers.valkey])
    await docker('volume', 'create', ...label(labelsOf(owner)), sourceOf(server));
});

afterAll(() => removeObjectsOf(stack));

it('is labelled with its stack, its role and what it does, and is gone afterwards', async () => {
  const labels = await restoring(async () => {
    // An engine may list a container a moment after its program has printed something.
    expect(await until(() => isRestoring(source.docker, owner), Boolean, { seconds: 10 })).toBe(true);
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

/** Runs a line of Python on the volumes, as the helper. */
const onVolumes = (...lines: string[]) =>
  docker('exec', name, 'python3', '-c', ['import os, pathlib, sqlite3', ...lines].join('\n'));

it.each([
  [
    'a symbolic link of the archive',
    [
      ['webui/x', '/volumes/valkey'],
      ['webui/x/planted', '/etc/passwd'],
    ],
    [],
  ],
  ['models of the volume', [['webui/cache', '/volumes/valkey']], ['cache/planted']],
])(
  'writes nothing through a symbolic link of an archive, which could lead out of the volume: %s',
  async (_, links, keep) => {
    const link = ([path, to]: string[]) =>
      `info = tarfile.TarInfo("${path}"); info.type = tarfile.SYMTYPE; info.linkname = "${to}"; tar.addfile(info)`;
    const program = [
      'import sys, tarfile',
      'tar = tarfile.open(fileobj=sys.stdout.buffer, mode="w|")',
      ...links.map(link),
      'tar.close()',
    ].join('\n');
    await restoring(async (helper) => {
      const tar = execFileSync('docker', ['exec', name, 'python3', '-c', program]);
      await onVolumes('os.makedirs("/volumes/webui/cache/planted", exist_ok=True)');
      const parts = ['webui', 'valkey'].map((part) =>
        JSON.stringify({ name: part, keep: part === 'webui' ? keep : [], owner: '0:0' }),
      );
      const { child, ended } = helper.start('put.py', 'stage', '.restore', ...parts);
      child.stdin.end(tar);
      await expect(ended).rejects.toThrow('is below a symbolic link');
      expect(await docker('exec', name, 'find', '/volumes/valkey', '-name', 'planted')).toBe('');
      expect(await look(helper)).toMatchObject({ phase: null, half: false, kept: false });
      await onVolumes('os.removedirs("/volumes/webui/cache/planted")');
    });
  },
);

it('says what a volume holds, and whether the release in its image can take it over', async () => {
  await restoring(async (helper) => {
    expect(await lookAtDatabase(helper)).toEqual({
      data: false,
      revisions: null,
      unknown: [],
      current: false,
      served: false,
    });
    const revision = (value: string) =>
      onVolumes(
        'd = sqlite3.connect("/volumes/webui/webui.db")',
        'd.execute("create table if not exists alembic_version (version_num text)")',
        'd.execute("delete from alembic_version")',
        `d.execute("insert into alembic_version values (?)", ("${value}",))`,
        'd.commit()',
      );
    await revision('ca81bd47c050');
    expect(await lookAtDatabase(helper)).toMatchObject({ data: true, revisions: ['ca81bd47c050'], unknown: [] });
    await revision('ffffffffffff');
    expect(await lookAtDatabase(helper)).toMatchObject({ data: true, unknown: ['ffffffffffff'] });
    // From before there were revisions.
    await onVolumes(
      'os.remove("/volumes/webui/webui.db")',
      'd = sqlite3.connect("/volumes/webui/webui.db")',
      'd.execute("create table user (id text)"); d.commit()',
    );
    expect(await lookAtDatabase(helper)).toMatchObject({ data: true, revisions: [], unknown: [], current: false });
    await onVolumes('os.remove("/volumes/webui/webui.db")');
  });
});

it('takes a backup of a stack without containers, from the volumes, and says what it may lack', async () => {
  const to = mkdtempSync(join(tmpdir(), 'open-webui-helper-'));
  try {
    await restoring(() =>
      onVolumes(
        'd = sqlite3.connect("/volumes/webui/webui.db"); d.execute("create table user (id text)"); d.commit()',
        'pathlib.Path("/volumes/valkey/dump.rdb").write_bytes(b"REDIS")',
      ),
    );
    const { file, manifest } = await take(source, { to, image: IMAGES.webui });
    expect(manifest.warnings).toEqual([
      expect.stringMatching(/^Valkey is not running: the backup has its last snapshot, of 20/),
    ]);
    expect(manifest.parts.map(({ name, version, facts }) => ({ name, version, ...facts }))).toEqual([
      {
        ...{ name: 'webui', version: null, users: 0, chats: null, files: null, uploads: null },
        revision: '',
        sessionKey: null,
      },
      { name: 'valkey', version: null, snapshot: 'last' },
    ]);
    expect(await readArchive(file)).toEqual(manifest);
    // A stack that is about to make Valkey's volume.
    const servers = { ...source.servers, valkey: { ...source.servers.valkey, volume: `${stack}-none` } };
    const other = await take({ ...source, servers }, { to, image: IMAGES.webui });
    expect(other.manifest.parts.at(-1)).toMatchObject({ bytes: 0, facts: { snapshot: 'none' } });
    expect(await readArchive(other.file)).toEqual(other.manifest);
  } finally {
    rmSync(to, { recursive: true });
    await restoring(() => onVolumes('os.remove("/volumes/webui/webui.db"); os.remove("/volumes/valkey/dump.rdb")'));
  }
});

it('notes in each volume that a restore has half of the data, and moves aside what something else wrote meanwhile', async () => {
  await restoring(async (helper) => {
    await onVolumes(
      'web, area = pathlib.Path("/volumes/webui"), pathlib.Path("/volumes/webui/.restore")',
      '(area / "out").mkdir(parents=True); (area / "in").mkdir()',
      '(area / "out/webui.db").write_text("old"); (area / "in/webui.db").write_text("new"); (area / "phase.out").touch()',
      '(web / "webui.db").write_text("strange"); (web / "webui.db-wal").write_text("strange")',
      '(web / "uploads").mkdir(); (area / "out/uploads").mkdir()',
      'pathlib.Path("/volumes/valkey/.restore").mkdir(exist_ok=True); pathlib.Path("/volumes/valkey/.restore/phase.out").touch()',
    );
    expect(await settle(helper, source)).toBe(
      'an earlier restore did not finish: the previous data is back, and what something else wrote meanwhile is in ' +
        `.restore/strange of the volume ${stack}-webui (npm run restore -- --stack ${stack} --forget removes it)`,
    );
    const left = await docker('exec', name, 'sh', '-c', 'cd /volumes; find . -type f | sort; cat webui/webui.db');
    expect(left.split('\n')).toEqual([
      ...['./webui/.restore/strange/webui.db-wal.1', './webui/.restore/strange/webui.db.1', './webui/webui.db', 'old'],
    ]);
    await forget(helper);
    await onVolumes('os.remove("/volumes/webui/webui.db"); os.rmdir("/volumes/webui/uploads")');
  });
});

const NEW = ['out', 'in'].map((name) => `(area / "${name}").mkdir(parents=True, exist_ok=True)`);

describe('a restore that was killed before its proof', () => {
  const area = 'web, area = pathlib.Path("/volumes/webui"), pathlib.Path("/volumes/webui/.restore")';
  const servers = [source.servers.webui.container, source.servers.valkey.container];
  const run = (server: string) =>
    docker(
      'run',
      '--detach',
      '--name',
      server,
      ...label(labelsOf(owner, 'server')),
      ...['--init', '--no-healthcheck', '--entrypoint', 'sleep', IMAGES.webui, '600'],
    );

  beforeEach(() =>
    restoring(() =>
      onVolumes(
        area,
        ...NEW,
        '(area / "out/webui.db").write_text("old"); (web / "webui.db").write_text("written since")',
        ...['webui', 'valkey'].flatMap((volume) => [
          `pathlib.Path("/volumes/${volume}/.restore").mkdir(exist_ok=True)`,
          `pathlib.Path("/volumes/${volume}/.restore/phase.swapped").touch()`,
        ]),
      ),
    ),
  );
  afterEach(async () => {
    await docker('rm', '--force', ...servers);
    await restoring(async (helper) => {
      await forget(helper);
      await onVolumes('os.remove("/volumes/webui/webui.db")');
    });
  });
  const data = () =>
    docker('exec', name, 'sh', '-c', 'cd /volumes/webui; cat webui.db; echo; cat .restore/before/webui.db');

  it('stays where the servers run well with its data, and what was there before it is kept', async () => {
    for (const server of servers) await run(server);
    await restoring(async (helper) => {
      expect(await settle(helper, source)).toBe(
        `an earlier restore was killed before it was verified. The servers are healthy with its data, which stays; npm run restore -- --stack ${stack} --back brings back the previous data`,
      );
      expect((await data()).split('\n')).toEqual(['written since', 'old']);
      expect(await look(helper)).toMatchObject({ phase: null, half: false, kept: true });
    });
  });

  it('is undone where they do not, and what was written since is kept', async () => {
    await run(servers[0] as string);
    await restoring(async (helper) => {
      expect(await settle(helper, source)).toBe(
        `an earlier restore was killed before it was verified: the previous data is back, and the restored data is kept (npm run restore -- --stack ${stack} --back swaps the two)`,
      );
      expect((await data()).split('\n')).toEqual(['old', 'written since']);
      expect(await look(helper)).toMatchObject({ phase: null, half: false, kept: true });
    });
  });
});

it('puts an archive of format 1 into the volumes, keeps what was there, and can bring that back', async () => {
  await restoring(async (helper) => {
    const file = join(__dirname, '..', 'support', 'backup-format-1.tar.gz');
    const owners = { webui: '1000:1000', valkey: '999:1000' };
    await stage(helper, file, { owners, progress: () => {} });
    expect(await look(helper)).toMatchObject({ phase: null, half: true, kept: false });
    const nothing = async () => {};
    let noted = '';
    const started = async () => {
      noted = await docker('exec', name, 'sh', '-c', 'cd /volumes; ls */.restore/phase.*');
    };
    await exchange(helper, source, { started, proved: nothing });
    // A server looks for the note in its own volume.
    expect(noted.split('\n')).toEqual(['valkey/.restore/phase.swapped', 'webui/.restore/phase.swapped']);
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
