/** The data of one major version of Postgres on its way into another, as docs/database.md says. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { POSTGRES_RUN, WEBUI_DATABASE } from '../../core/postgres.ts';
import { readStackFile } from '../../settings/file.ts';
import { baseImage } from '../../setup/images/debianBase.ts';
import { Belongings, backup, restore } from '../support/archive.ts';
import { root } from '../support/checkout.ts';
import { Deployment } from '../support/deployment.ts';
import { docker } from '../support/docker.ts';

jest.setTimeout(1_200_000);

const { image } = readStackFile(join(root, 'Pulumi.local.yaml'), 'open-webui', 'local').database;

/** The next major version, as Debian's next release has it. */
const [NEXT, SUITE] = [18, 'forky'];

let life: Deployment;
let postgres: string;
const debian = () => `local/debian:${SUITE}-${life.stack}`;
const other = () => `local/postgres:${NEXT}-${life.stack}`;

/** Debian's packages of that release, by the recipe of the image that is built here. */
function build(): void {
  const run = (...args: string[]) =>
    execFileSync('docker', ['build', '--network', 'host', '--force-rm', ...args], {
      env: { ...process.env, DOCKER_BUILDKIT: '0' },
      stdio: 'pipe',
    });
  const dir = mkdtempSync(join(tmpdir(), 'open-webui-debian-'));
  const sources = `sed -i -e '/-updates\\|-security/d' -e 's/trixie/${SUITE}/' /etc/apt/sources.list`;
  // A mirror may be some weeks behind, which a release that is not out yet does not allow. Its signature counts all the same.
  const old = `echo 'Acquire::Check-Valid-Until "false";' > /etc/apt/apt.conf.d/old-mirror`;
  writeFileSync(join(dir, 'Dockerfile'), `FROM ${baseImage('trixie')}\nRUN ${sources} && ${old}\n`);
  run('--tag', debian(), dir);
  rmSync(dir, { recursive: true });
  const args = [`BASE=${debian()}`, `VERSION=${NEXT}`].flatMap((arg) => ['--build-arg', arg]);
  run(...args, '--tag', other(), join(root, 'setup', 'images', 'postgres'));
}

/** Runs SQL in the web UI's database as the superuser. */
const sql = (text: string) =>
  docker('exec', postgres, 'psql', '-h', POSTGRES_RUN, '-U', 'postgres', '-d', WEBUI_DATABASE, '-Atc', text);

beforeAll(async () => {
  life = await Deployment.create('major');
  postgres = `open-webui-postgres-${life.stack}`;
  build();
  life.config.database = { kind: 'postgres', image };
  await life.up();
});

afterAll(async () => {
  await life?.remove().finally(() => docker('image', 'rm', '--force', other(), debian()));
});

it('is backed up, and restored into an empty volume of the other version, with all that people had', async () => {
  const belongings = new Belongings(life);
  await belongings.make();
  await sql(`insert into document_chunk (id, collection_name, text, vector) values
    ('near', 'c', 'near', (array_fill(0.1, array[1535]) || 9.0)::vector), ('far', 'c', 'far', array_fill(0.5, array[1536])::vector)`);
  const before = await belongings.seen();
  expect(await sql('show server_version_num')).toMatch(/^17/);
  const file = await backup(life);

  Object.assign(life.config.database as object, { image: other() });
  await expect(life.up()).rejects.toThrow(
    `database.image is ${other()}, which is Postgres ${NEXT}, and Postgres 17 wrote the data in the volume ${postgres}: no other major version can read it. Nothing was created or changed.`,
  );
  expect(await sql('show server_version_num')).toMatch(/^17/);

  Object.assign(life.config.database as object, { volume: `${postgres}-${NEXT}` });
  await life.up();
  const { code, stderr } = await restore(life, ['--from', file, '--yes']);
  expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
  expect(await sql('show server_version_num')).toMatch(new RegExp(`^${NEXT}`));
  expect(await belongings.seen()).toEqual(before);
  const nearest = 'select id from document_chunk order by vector <=> (array_fill(0.2, array[1535]) || 9.0)::vector';
  expect(await sql(nearest)).toBe('near\nfar');
  expect(await life.failedChecks()).toEqual([]);
  await life.expectUnchanged();
});

it('stays as it was in the old volume', async () => {
  const data = await docker(
    ...['run', '--rm', '--network', 'none', '--user', '0', '--volume', `${postgres}:/data:ro`],
    ...['--entrypoint', 'cat', image, '/data/cluster/PG_VERSION'],
  );
  expect(data).toBe('17');
});
