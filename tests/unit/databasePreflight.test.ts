/** What is refused of a database before anything changes. */

import * as pulumi from '@pulumi/pulumi';
import type { Docker } from '../../docker/client.ts';
import type { Found } from '../../docker/inventory.ts';
import { requireDatabase, type Settings } from '../../preflight/database.ts';
import { record } from '../support/mocks.ts';

const settings: Settings = {
  ...{
    hardening: 'standard',
    network: { name: 'net', internalName: 'internal', gatewayName: 'between', external: false },
  },
  valkey: { networks: {} },
  webui: { image: 'web:2', volume: 'web-data', processes: 1, networks: {} },
  database: { kind: 'postgres', name: 'db', image: 'db:2', volume: 'db-data' },
  gateway: {},
};

const found = (kind: Found['kind'], name: string, volumes: string[] = []): Found => ({
  ...{ kind, name, owner: undefined, role: kind === 'container' ? 'server' : 'data', image: '', volumes, runs: true },
});
const PRESENT = [found('volume', 'web-data'), found('volume', 'db-data'), found('container', 'web', ['web-data'])];

interface Engine {
  /** What the image and the data of Postgres say of themselves. */
  majors?: string;
  /** The command of the web UI that runs. */
  command?: string[];
  /** Image on which Postgres runs. */
  running?: string;
}

/** An engine on which images have their names for ids. */
function engine({ majors = '', command = ['bash', 'start.sh'], running = 'db:1' }: Engine): {
  docker: Docker;
  asked: string[];
} {
  const asked: string[] = [];
  const answer = ([first = '', , ...names]: readonly string[]) => {
    asked.push(first);
    if (first === 'image') return JSON.stringify(names.map((Id) => ({ Id })));
    if (first === 'run') return majors;
    const [name = ''] = names;
    return JSON.stringify([
      {
        Image: name === 'db' ? running : 'web:1',
        State: { Running: true },
        Config: { Cmd: name === 'web' ? command : [] },
      },
    ]);
  };
  const capture: Docker['capture'] = async (args) => ({
    ...{ code: 0, stderr: '', all: '', timedOut: false },
    stdout: answer(args),
  });
  return { asked, docker: { capture } as Partial<Docker> as Docker };
}

/** Why it is refused; undefined when it is not. */
async function refusal(
  given: Engine,
  {
    users = 0,
    present = PRESENT,
    kind = 'postgres',
  }: { users?: number; present?: Found[]; kind?: 'sqlite' | 'postgres' } = {},
): Promise<string | undefined> {
  const { docker } = engine(given);
  const asked = { ...settings, database: { ...settings.database, kind } };
  const { result } = await record(() =>
    requireDatabase(docker, asked, present, async () => users).then(
      () => undefined,
      (error: Error) => error,
    ),
  );
  if (result !== undefined) expect(result).toBeInstanceOf(pulumi.RunError);
  return result?.message;
}

it('people whose data is in SQLite do not find an empty page', async () => {
  expect(await refusal({}, { users: 3 })).toBe(
    'database.kind is postgres, and the volume web-data has the data of 3 users in SQLite, which would be left behind. Nothing was created or changed.\n' +
      '  To move it:         npm run move-database -- --stack test\n' +
      '  To stay:           remove database.kind\n' +
      '  To start empty:     choose another webui.volume; the old one is kept\n',
  );
  expect(await refusal({}, { users: 1 })).toContain('the data of one user in SQLite');
});

it('a web UI that is on Postgres already, a new one, and one without users go on', async () => {
  expect(await refusal({ command: ['/bin/sh', '-c', '…', 'migrate'] }, { users: 3 })).toBeUndefined();
  expect(await refusal({}, { users: 3, present: [] })).toBeUndefined();
  expect(await refusal({}, { users: 0 })).toBeUndefined();
  expect(await refusal({}, { users: 3, kind: 'sqlite' })).toBeUndefined();
});

it('another major version than that of the data is refused, with the way', async () => {
  expect(await refusal({ majors: 'postgres (PostgreSQL) 17.2 (Debian 17.2-1)\n16\n' })).toBe(
    'database.image is db:2, which is Postgres 17, and Postgres 16 wrote the data in the volume db-data: no other major version can read it. Nothing was created or changed.\n' +
      '  To stay:    set database.image to Postgres 16\n' +
      '  To change:  with Postgres 16, npm run backup -- --stack test; then set database.image to Postgres 17 and database.volume to\n' +
      '              another name, npm run up -- --stack test, and npm run restore -- --stack test --from FILE\n',
  );
  expect(await refusal({ majors: 'postgres (PostgreSQL) 17.2\n17\n' })).toBeUndefined();
  // An empty volume has no version.
  expect(await refusal({ majors: 'postgres (PostgreSQL) 17.2\n' })).toBeUndefined();
});

it('an image that runs on its data already is not looked at again', async () => {
  const { docker, asked } = engine({ running: 'db:2', majors: 'postgres (PostgreSQL) 17.2\n16\n' });
  await record(() =>
    requireDatabase(docker, settings, [...PRESENT, found('container', 'db', ['db-data'])], async () => 0),
  );
  expect(asked).not.toContain('run');
});
