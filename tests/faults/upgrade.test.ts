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

/** A release that takes its time for the migration. */
const SLOW = `#!/usr/bin/env bash
sleep 75
exec bash /app/backend/start.old.sh
`;

let life: Deployment;
let belongings: Belongings;
let before: Awaited<ReturnType<Belongings['seen']>>;
const bad = () => `local/open-webui:bad-${life.stack}`;
const slow = () => `local/open-webui:slow-${life.stack}`;

/** The web UI's image with another start script. */
function build(image: string, script: string): void {
  const dir = mkdtempSync(join(tmpdir(), 'open-webui-upgrade-'));
  writeFileSync(join(dir, 'start.sh'), script);
  const lines = ['RUN cp /app/backend/start.sh /app/backend/start.old.sh', 'COPY start.sh /app/backend/start.sh'];
  writeFileSync(join(dir, 'Dockerfile'), [`FROM ${IMAGES.webui}`, ...lines, ''].join('\n'));
  execFileSync('docker', ['build', '--quiet', '--tag', image, dir]);
  rmSync(dir, { recursive: true });
}

beforeAll(async () => {
  life = await Deployment.create('upgrade');
  build(bad(), BAD);
  build(slow(), SLOW);
  await life.up();
  belongings = new Belongings(life);
  await belongings.make();
  before = await belongings.seen();
});

afterAll(async () => {
  await life?.remove().finally(() => docker('image', 'rm', '--force', bad(), slow()));
});

const IMPATIENT = { startPeriod: '0s', interval: '2s', timeout: '2s', retries: 5 };

/** Why an update has failed. */
const failure = () =>
  life.up().then(
    () => 'it has not failed',
    (error: Error) => error.message,
  );

it('makes no change without a backup, and says how to do without', async () => {
  life.config.webui['image'] = bad();
  // It gets no longer than it takes to see that it is bad.
  Object.assign(life.config.webui, { healthcheck: IMPATIENT, upgradeTimeout: '1s' });
  life.env['OPEN_WEBUI_BACKUP_DIR'] = '/dev/null/backups';
  const message = await failure();
  delete life.env['OPEN_WEBUI_BACKUP_DIR'];
  expect(message).toContain(
    `The web UI was not upgraded to ${bad()}, because there is no backup: no backup can be written to /dev/null/backups`,
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
  delete life.config.webui['upgradeTimeout'];
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

it('makes one after npm run down as well, from the volumes, and says what it may lack', async () => {
  await life.destroy();
  life.config.webui['image'] = slow();
  Object.assign(life.config.webui, { healthcheck: IMPATIENT, upgradeTimeout: '10s' });
  const message = await failure();
  expect(message).toContain('chat-webui-container');
  expect(archives(life)).toHaveLength(2);
  expect(life.said).toContain('Valkey is not running: the backup has its last snapshot');
});

it('waits for a release that still migrates, rather than to begin again', async () => {
  const id = await docker('inspect', '--format', '{{.Id}}', life.webui);
  life.config.webui['upgradeTimeout'] = '2m';
  await life.up();
  expect(life.said).toContain(`${life.webui} has been starting for`);
  expect(await docker('inspect', '--format', '{{.Id}} {{.RestartCount}}', life.webui)).toBe(`${id} 0`);
  // Pulumi has noted only half of a container on which it gave up.
  await life.pulumi(['refresh', '--yes', '--skip-preview']);
  expect(await life.up()).toEqual([]);
  expect(archives(life)).toHaveLength(2);
});

it('refuses an image that is older than the database, before anything is changed', async () => {
  const program =
    'import sqlite3; d = sqlite3.connect("/app/backend/data/webui.db"); d.execute("update alembic_version set version_num = \'ffffffffffff\'"); d.commit()';
  await docker('exec', life.webui, 'python3', '-c', program);
  life.config.webui['image'] = IMAGES.webui;
  const message = await failure();
  expect(message).toContain('it has the revision ffffffffffff, which this image does not know');
  expect(await docker('inspect', '--format', '{{.Config.Image}}', life.webui)).toBe(slow());
  life.config.webui['image'] = slow();
  expect(await life.up()).toEqual([]);
});
