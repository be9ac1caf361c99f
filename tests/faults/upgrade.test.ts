/** Another image takes over the web UI's data: a backup first, never two at once, and the way back when it does not get ready. */

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { archives, Belongings, restore } from '../support/archive.ts';
import { Deployment, IMAGES } from '../support/deployment.ts';
import { docker } from '../support/docker.ts';

jest.setTimeout(900_000);

/** A release that changes the database for good, and then never gets ready. */
const BAD = `#!/usr/bin/env bash
python3 - <<'END'
import sqlite3
with sqlite3.connect("/app/backend/data/webui.db") as database:
    database.execute("alter table chat rename to conversation")
    database.execute("update alembic_version set version_num = 'of tomorrow'")
END
exec sleep infinity
`;

let life: Deployment;
let belongings: Belongings;
let before: Awaited<ReturnType<Belongings['seen']>>;
const bad = () => `local/open-webui:bad-${life.stack}`;

beforeAll(async () => {
  life = await Deployment.create('upgrade');
  const dir = mkdtempSync(join(tmpdir(), 'open-webui-bad-'));
  writeFileSync(join(dir, 'start.sh'), BAD);
  writeFileSync(join(dir, 'Dockerfile'), `FROM ${IMAGES.webui}\nCOPY start.sh /app/backend/start.sh\n`);
  execFileSync('docker', ['build', '--quiet', '--tag', bad(), dir]);
  rmSync(dir, { recursive: true });
  await life.up();
  belongings = new Belongings(life);
  await belongings.make();
  before = await belongings.seen();
});

afterAll(async () => {
  await life?.remove().finally(() => docker('image', 'rm', '--force', bad()));
});

/** Why an update has failed. */
const failure = () =>
  life.up().then(
    () => 'it has not failed',
    (error: Error) => error.message,
  );

it('makes no change without a backup, and says how to do without', async () => {
  life.config.webui['image'] = bad();
  // It gets no longer than it takes to see that it is bad.
  life.config.webui['healthcheck'] = { startPeriod: '0s', interval: '2s', timeout: '2s', retries: 5 };
  const valkey = life.valkey;
  await docker('stop', valkey);
  const message = await failure();
  await docker('start', valkey);
  expect(message).toContain(
    `The web UI was not upgraded to ${bad()}, because there is no backup: ${valkey} does not run`,
  );
  expect(message).toContain('webui.backupBeforeUpgrade: false');
  expect(await docker('inspect', '--format', '{{.Config.Image}}', life.webui)).toBe(IMAGES.webui);
});

it('makes a backup, and ends the old release before the new one begins', async () => {
  // Live: the engine remembers no more than the last 256 events.
  const filters = [`container=${life.webui}`, 'type=container', 'event=die', 'event=start'];
  const watch = spawn('docker', [
    ...['events', '--format', '{{.Actor.Attributes.name}} {{.Action}} {{.From}}'],
    ...filters.flatMap((filter) => ['--filter', filter]),
  ]);
  let events = '';
  watch.stdout.on('data', (text) => {
    events += text;
  });
  const message = await failure();
  watch.kill();
  expect(message).toContain('chat-webui-container');
  const [file] = archives(life);
  expect(life.said).toContain(`set webui.image to ${IMAGES.webui} again, and`);
  expect(life.said).toContain(`npm run restore -- --stack ${life.stack} --from ${file?.slice(life.dir.length + 1)}`);
  // The filter takes the beginning of a name for the whole, so the helper of the backup is among them.
  const own = events.split('\n').filter((line) => line.startsWith(`${life.webui} `));
  expect(own.slice(0, 2)).toEqual([`${life.webui} die ${IMAGES.webui}`, `${life.webui} start ${bad()}`]);
});

it('goes back with npm run restore, with all of the data', async () => {
  life.config.webui['image'] = IMAGES.webui;
  delete life.config.webui['healthcheck'];
  life.writeConfig();
  const [file] = archives(life);
  const { code, stdout, stderr } = await restore(life, ['--from', String(file), '--yes']);
  if (code !== 0) throw new Error(stderr + stdout);
  expect(await belongings.seen()).toEqual(before);
  expect(await docker('inspect', '--format', '{{.Config.Image}}', life.webui)).toBe(IMAGES.webui);
  expect((await life.verify()).ok).toBe(true);
  expect(await life.up()).toEqual([]);
  expect(archives(life)).toHaveLength(1);
  expect(
    await (await Belongings.member(`http://127.0.0.1:${life.port}`)).request('GET', '/api/v1/chats/'),
  ).toHaveLength(1);
});
