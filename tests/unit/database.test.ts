/** The database of the web UI: what is refused, how its server is sized, and what is registered. */

import { Deployment, type DeploymentArgs } from '../../components/deployment.ts';
import { scramVerifier } from '../../components/postgres/scram.ts';
import { makesIndex, poolsOf, sizingOf } from '../../core/postgres.ts';
import { faultsOf, warningOf } from '../../preflight/reachable.ts';
import { parse } from '../../settings/parse.ts';
import { isSecret, named, record, revealed, shape } from '../support/mocks.ts';
import { problem, refusal, source } from '../support/settings.ts';

const URL = 'postgresql://me:password@db.example.com:5432/chat';
const postgres = (database: Record<string, unknown> = {}, env: Record<string, unknown> = {}) => ({
  database: { kind: 'postgres', ...database },
  webui: { env },
});

describe('settings', () => {
  it('have SQLite by default, with one server process', () => {
    expect(parse(source({})).database).toMatchObject({ kind: 'sqlite', name: 'open-webui-postgres-test' });
    expect(problem({ webui: { env: { UVICORN_WORKERS: 2 } } }).at(-1)).toBe(
      'set database.kind to postgres, or write it as "1"',
    );
  });

  it('take several processes with Postgres', () => {
    expect(parse(source(postgres({}, { UVICORN_WORKERS: 2 }))).webui.processes).toBe(2);
  });

  it.each(['DATABASE_URL', 'DATABASE_HOST', 'PGVECTOR_DB_URL', 'ENABLE_DB_MIGRATIONS'])(
    'refuse %s beside it',
    (name) => {
      const message = refusal(postgres({}, { [name]: 'secret-value' }), ['webui']);
      expect(message).toContain(`open-webui:webui.env.${name}\n`);
      expect(message).toContain('database.kind is postgres, and the deployment sets it');
      expect(message).not.toContain('secret-value');
    },
  );

  it('refuse Chroma beside it, and take another store of vectors', () => {
    expect(problem(postgres({}, { VECTOR_DB: 'chroma' }))).toEqual([
      'open-webui:webui.env.VECTOR_DB',
      '"chroma" (database.kind is postgres, which also stores the vectors; Chroma supports a single process)',
      'nothing, or pgvector',
      'remove it',
    ]);
    expect(parse(source(postgres({}, { VECTOR_DB: 'qdrant' }))).webui.env['VECTOR_DB']).toBe('qdrant');
  });

  it('take an address only when it is encrypted, and never repeat it', () => {
    const [, given, allowed, fix] = problem(postgres({ url: URL }));
    expect(given).toBe(
      '(not shown: it may be a secret) (in plain text it would show in the stack file and in previews)',
    );
    expect(allowed).toBe('an encrypted value');
    expect(fix).toContain('pulumi config set --secret --path open-webui:database.url');
    expect(parse(source(postgres({ url: URL }), ['database'])).database.url).toBe(URL);
    expect(problem({ database: { url: URL } }, ['database']).at(-1)).toBe(
      'set database.kind to postgres, or remove it',
    );
    const wrong = refusal(postgres({ url: 'mysql://me:password@db/chat' }), ['database']);
    expect(wrong).toContain('postgresql://USER:PASSWORD@HOST:PORT/DATABASE');
    expect(wrong).not.toContain('password@db/');
  });

  it.each([
    [{ memory: '256 MiB' }, {}, 'database.memory', 'at least 371 MiB'],
    [{}, { UVICORN_WORKERS: 8 }, 'database.memory', 'at least 1211 MiB'],
    [{ memory: '8 GiB', pidsLimit: 128 }, { UVICORN_WORKERS: 8 }, 'database.pidsLimit', 'at least 194'],
    [{ maxConnections: 20 }, {}, 'database.maxConnections', 'at least 25 with UVICORN_WORKERS 1'],
    [{ maxConnections: 500 }, {}, 'database.memory', 'at least 4171 MiB'],
  ])('refuse sums that cannot work: %j %j', (database, env, path, allowed) => {
    const [key, , ...rest] = problem(postgres(database, env));
    expect([key, rest[0]]).toEqual([`open-webui:${path}`, allowed]);
  });

  it.each([
    [{ PGVECTOR_INITIALIZE_MAX_VECTOR_LENGTH: 3072 }, 'set webui.env.PGVECTOR_USE_HALFVEC to true'],
    [
      { PGVECTOR_INITIALIZE_MAX_VECTOR_LENGTH: 4096, PGVECTOR_USE_HALFVEC: 'true' },
      'choose an embedding model with shorter vectors, or another store in VECTOR_DB',
    ],
  ])('refuse vectors for which pgvector has no index: %j', (env, fix) => {
    const [key, , ...rest] = problem(postgres({}, env));
    expect([key, ...rest]).toEqual([
      'open-webui:webui.env.PGVECTOR_INITIALIZE_MAX_VECTOR_LENGTH',
      'at most 2000, or 4000 with PGVECTOR_USE_HALFVEC: true',
      fix,
    ]);
    expect(parse(source({ webui: { env } }))).toBeDefined();
    expect(parse(source(postgres({}, { ...env, VECTOR_DB: 'qdrant' })))).toBeDefined();
  });

  it('take wide vectors of halves', () => {
    const env = { PGVECTOR_INITIALIZE_MAX_VECTOR_LENGTH: 3072, PGVECTOR_USE_HALFVEC: true };
    expect(parse(source(postgres({}, env)))).toBeDefined();
  });

  it('refuse a name that another server has', () => {
    expect(problem(postgres({ volume: 'open-webui-test' }))[0]).toBe('open-webui:database.volume');
  });
});

describe('size', () => {
  it.each([
    [
      { memory: '1 GiB', processes: 1 },
      // An index of vectors of 1536 numbers takes 65 MB.
      { maxConnections: 100, sharedBuffers: 256, maintenanceWorkMem: 128 },
    ],
    [
      { memory: '1 GiB', processes: 4 },
      { maxConnections: 106, sharedBuffers: 256 },
    ],
    [
      { memory: '4 GiB', processes: 4 },
      { maxConnections: 370, sharedBuffers: 1024, maintenanceWorkMem: 256 },
    ],
    [
      { memory: '4 GiB', processes: 1, maxConnections: 50 },
      { maxConnections: 50, sharedBuffers: 1024 },
    ],
  ] as const)('of %j is %j', (demand, size) => {
    expect(sizingOf({ pidsLimit: 1024, ...demand })).toMatchObject(size);
  });

  it('leaves the server what it reserves, when every pool of every process is full', () => {
    for (const processes of [1, 2, 3, 7])
      for (const most of [130, 200, 1000]) {
        const { database, vectors } = poolsOf(most, processes);
        expect(processes * (2 * database + vectors)).toBeLessThanOrEqual(most - 10);
        expect(Math.min(database, vectors)).toBeGreaterThan(0);
      }
  });
});

it('recognizes a password without having it, and always in the same way', () => {
  const verifier = scramVerifier('Password1');
  expect(verifier).toMatch(/^SCRAM-SHA-256\$4096:[\w+/=]{24}\$[\w+/=]{44}:[\w+/=]{44}$/);
  expect([verifier.includes('Password1'), scramVerifier('Password1'), scramVerifier('Password2') === verifier]).toEqual(
    [...[false, verifier, false]],
  );
});

describe('a deployment', () => {
  const deploy = async (args: DeploymentArgs) => (await record(() => new Deployment('chat', args))).resources;

  it('with SQLite has nothing of Postgres', async () => {
    const resources = await deploy({ database: { kind: 'sqlite' } });
    expect(resources.filter(({ name }) => /postgres|database/.test(name))).toEqual([]);
    expect(named(resources, 'chat-webui-container').inputs['command']).toEqual(['bash', 'start.sh']);
  });

  it('with Postgres has it on a network of its own with the web UI, unpublished and without any right', async () => {
    const resources = await deploy({ database: { kind: 'postgres' }, webui: { processes: 2 } });
    expect(shape(resources).filter((line) => /postgres|database/.test(line))).toEqual([
      'chat > chat-database (Network)',
      'chat-database > chat-database-bridge (Network)',
      'chat > chat-postgres (Postgres)',
      'chat-postgres > chat-postgres-container (Container)',
      'chat-postgres > chat-postgres-data (Volume)',
      'chat-postgres > chat-postgres-image (RemoteImage)',
      'chat-postgres > chat-postgres-init-container (Container)',
      'chat-postgres > chat-postgres-secrets (Volume)',
      'chat-secrets > chat-secrets-database-operations (RandomPassword)',
      'chat-secrets > chat-secrets-database-password (RandomPassword)',
    ]);
    const { inputs } = named(resources, 'chat-postgres-container');
    expect(inputs).toMatchObject({
      ...{ user: '999:999', readOnly: true, capabilities: { drops: ['ALL'], adds: [] } },
      networksAdvanced: [{ name: 'chat-postgres-test-network' }],
    });
    expect([inputs['ports'], inputs['envs']]).toEqual([[], []]);
    expect(inputs['command']).toEqual(expect.arrayContaining(['max_connections=106', 'shared_buffers=256MB']));
    expect(named(resources, 'chat-database-bridge').inputs).toMatchObject({ internal: true });
    const webui = named(resources, 'chat-webui-container').inputs;
    expect(webui['networksAdvanced']).toMatchObject([{ name: 'chat-test' }, { name: 'chat-postgres-test-network' }]);
    expect(webui['envs']).toEqual(expect.arrayContaining(['VECTOR_DB=pgvector', 'DATABASE_POOL_SIZE=10']));
  });

  it('gives the server no password, and the web UI its own in a file', async () => {
    const resources = await deploy({ database: { kind: 'postgres' } });
    const files = (name: string) => {
      const { uploads } = named(resources, name).inputs;
      expect(isSecret(uploads)).toBe(true);
      return (revealed(uploads) as { content: string }[]).map(({ content }) => content).join();
    };
    expect(files('chat-postgres-init-container')).toMatch(
      /^\\set application 'SCRAM-SHA-256\$.*'\n\\set operations 'SCRAM-SHA-256\$.*'\n$/,
    );
    expect(files('chat-webui-container')).toMatch(
      /\nDATABASE_URL='(postgresql:\/\/open_webui:generated-password@chat-postgres-test:5432\/open_webui)'\nPGVECTOR_DB_URL='\1'\n/,
    );
  });

  it('with an address of its own deploys none', async () => {
    const resources = await deploy({ database: { kind: 'postgres', url: URL, maxConnections: 40 } });
    expect(resources.filter(({ name }) => /postgres|database/.test(name))).toEqual([]);
    expect(named(resources, 'chat-webui-container').inputs['envs']).toEqual(
      expect.arrayContaining(['DATABASE_POOL_SIZE=6', 'DATABASE_POOL_MAX_OVERFLOW=6', 'PGVECTOR_POOL_SIZE=3']),
    );
  });
});

describe('a Postgres of your own', () => {
  const good = {
    connection: null,
    version: 170_002,
    vector: '0.8.0',
    available: true,
    creates: true,
    limit: 97,
    encoding: 'UTF8',
  };

  it('is taken when it has all that the web UI needs', () => {
    expect(faultsOf(good, 25)).toEqual([]);
  });

  it.each([
    [
      { connection: 'password authentication failed for user "me"' },
      'it rejects the web UI: password authentication failed for user "me"',
    ],
    [{ version: 130_011 }, 'it is Postgres 13'],
    [{ vector: null }, 'it lacks the extension vector'],
    [{ vector: null, available: false }, 'its server has no pgvector'],
    [{ creates: false }, 'its role may not create tables'],
    [{ limit: 20 }, 'it allows 20 connections'],
    [{ encoding: 'SQL_ASCII' }, 'its encoding is SQL_ASCII'],
  ])('is refused for %j', (seen, what) => {
    const faults = faultsOf({ ...good, ...seen }, 25);
    expect(faults.map((fault) => fault.what)).toEqual([what]);
    expect(faults[0]?.toDo).not.toBe('');
  });

  it('with too little memory for an index of vectors is warned of, with the line that gives it more', () => {
    const seen = { ...good, role: '"Open WebUI"', maintenance: 64 * 1024 ** 2 };
    expect(warningOf(seen, 128)).toBe(
      'The Postgres of database.url gives "Open WebUI" 64 MB to build an index (maintenance_work_mem). From 5,000 passages on, the web UI builds a vector index when it starts, and fails to start if that needs more: 65 MB for 1536 dimensions. As "Open WebUI" or a superuser, run there: ALTER ROLE "Open WebUI" SET maintenance_work_mem = \'128MB\'',
    );
    expect(warningOf({ ...seen, maintenance: 128 * 1024 ** 2 }, 128)).toBeUndefined();
    expect(warningOf(seen, 0)).toBeUndefined();
  });

  it.each([
    [{}, true],
    [{ VECTOR_DB: 'qdrant' }, false],
    [{ PGVECTOR_USE_HALFVEC: 'true' }, false],
    [{ PGVECTOR_INDEX_METHOD: 'hnsw' }, false],
    [{ PGVECTOR_USE_HALFVEC: 'true', PGVECTOR_INDEX_METHOD: 'ivfflat' }, true],
  ])('with %j makes such an index: %s', (env, makes) => {
    expect(makesIndex(env)).toBe(makes);
  });
});
