/** What an update does about the web UI's data before anything is registered: the data decides, not a container that happens to exist. */

import * as pulumi from '@pulumi/pulumi';
import type { Role } from '../../core/labels.ts';
import type { Docker } from '../../docker/client.ts';
import type { Container } from '../../docker/inspect.ts';
import type { Found } from '../../docker/inventory.ts';
import { lookAtDatabase, requireLasting, settle, take, waitWhileStarting } from '../../ops/backup/index.ts';
import { prepareData } from '../../preflight/backup.ts';
import { connect } from '../support/dockerClient.ts';
import { record } from '../support/mocks.ts';

let restoring = false;
let starting = false;
jest.mock('../../ops/backup/index.ts', () => ({
  backupFolder: () => 'backups',
  databaseRevisions: async () => null,
  helperFor: jest.requireActual('../../ops/backup/source.ts').helperFor,
  isRestoring: async () => restoring,
  isStarting: async () => starting,
  lookAtDatabase: jest.fn(),
  passphraseOfEnvironment: () => undefined,
  requireLasting: jest.fn(),
  settle: jest.fn(),
  take: jest.fn(),
  waitWhileStarting: jest.fn(),
  withHelper: (_: unknown, work: (helper: object) => unknown) => work({}),
}));

const NEW = 'local/open-webui:new';
const OLD = 'local/open-webui:old';
const settings = {
  webui: { name: 'web', image: NEW, volume: 'data', backupBeforeUpgrade: true, upgradeTimeout: '10m' as const },
  valkey: { name: 'redis', image: 'local/valkey:8.1', volume: 'redis-data', auth: true },
  database: { kind: 'sqlite' as const, name: 'postgres', image: 'local/postgres:17', volume: 'postgres' },
  gateway: { name: 'caddy', image: 'local/caddy:2.11', volume: 'caddy-data' },
};

const volume = (name: string): Found => ({
  ...{ kind: 'volume', name, owner: undefined, role: 'data', image: '', volumes: [], runs: false },
});
const container = (name: string, image: string, { role = 'server' as Role | undefined, on = 'data' } = {}): Found => ({
  ...{ kind: 'container', name, owner: undefined, role, image, volumes: [on], runs: true },
});

interface Engine {
  /** The web UI's container: the id of its image, and its state. */
  runs?: { id: string; status?: string; health?: string };
  /** What the reference stands for now. */
  image?: string | undefined;
  /** Whether the container has data of a restore that was killed. */
  unsettled?: boolean;
  /** Images that no registry gives. */
  lacking?: readonly string[];
}

/** The other images, which the engine has. */
const STORES = { [settings.valkey.image]: 'sha256:valkey', [settings.database.image]: 'sha256:postgres' };
const VALKEY = { valkey: 'sha256:valkey' };

/** An engine on which every container is the same one. */
function engine({ runs, image, unsettled = false, lacking = [] }: Engine): Docker {
  const pulled: Record<string, string> = {};
  const asked = (args: readonly string[]): object[] => {
    const [kind, , name] = args;
    if (kind === 'volume') return [{ Name: name }];
    const Id = kind === 'image' ? { ...STORES, ...pulled, [NEW]: image }[name ?? ''] : undefined;
    if (kind === 'image') return Id === undefined ? [] : [{ Id }];
    if (!runs) return [];
    const { id, status = 'running', health = 'healthy' } = runs;
    const State = { Status: status, Running: status !== 'exited', Restarting: false, Health: { Status: health } };
    return [{ Id: 'id', Name: `/${name}`, Image: id, Config: { Image: OLD }, State } as unknown as Container];
  };
  return {
    ...connect({}),
    capture: async (args) => {
      const reference = args[0] === 'pull' ? (args.at(-1) ?? '') : undefined;
      if (reference !== undefined && !lacking.includes(reference)) pulled[reference] = 'sha256:pulled';
      const fails = reference === undefined ? args[0] === 'exec' && !unsettled : lacking.includes(reference);
      return {
        ...{ code: fails ? 1 : 0, stderr: fails && reference ? 'manifest unknown' : '', all: '', timedOut: false },
        stdout: JSON.stringify(asked(args)),
      };
    },
  };
}

const SERVER = container('web', OLD);

interface Given extends Engine {
  present?: Found[];
  changed?: Partial<typeof settings.webui>;
  store?: typeof settings.valkey;
  postgres?: boolean;
  preview?: boolean;
}

/** What is returned, or why it is refused. */
const prepared = async ({
  present = [volume('data'), SERVER],
  changed = {},
  store = settings.valkey,
  postgres,
  preview = false,
  ...more
}: Given) => {
  const kind = postgres ? ('postgres' as const) : ('sqlite' as const);
  const given = {
    ...settings,
    webui: { ...settings.webui, ...changed },
    valkey: store,
    database: { ...settings.database, kind },
  };
  const docker = engine(more);
  const { result } = await record(
    () => prepareData({ docker, look: docker }, given, present).catch((error: Error) => error),
    {
      preview,
    },
  );
  if (result instanceof Error) expect(result).toBeInstanceOf(pulumi.RunError);
  return result;
};

let said: string[] = [];
afterEach(() => jest.restoreAllMocks());
beforeEach(() => {
  [restoring, starting, said] = [false, false, []];
  jest.spyOn(pulumi.log, 'info').mockImplementation(async (text) => void said.push(text));
  jest
    .mocked(lookAtDatabase)
    .mockReset()
    .mockResolvedValue({ data: true, revisions: ['a'], unknown: [], current: true, served: false });
  jest
    .mocked(take)
    .mockReset()
    .mockResolvedValue({ file: 'backups/b.tar.gz', manifest: { warnings: [] } as never });
  jest.mocked(requireLasting).mockReset();
  jest.mocked(settle).mockReset().mockResolvedValue(undefined);
  jest.mocked(waitWhileStarting).mockReset().mockResolvedValue(true);
});

const backups = () => jest.mocked(take).mock.calls.length;

it('asks for nothing where the server runs the very image', async () => {
  expect(await prepared({ runs: { id: 'sha256:a' }, image: 'sha256:a' })).toEqual({
    imageIds: { ...VALKEY, webui: 'sha256:a' },
  });
  expect([backups(), jest.mocked(lookAtDatabase).mock.calls]).toEqual([0, []]);
});

const UPGRADE = expect.objectContaining({ extraStartTime: '10m' });

it.each<[string, Given]>([
  ['another image', { runs: { id: 'sha256:old' }, image: 'sha256:new' }],
  [
    'the tag of the server, which means another image by now',
    { runs: { id: 'sha256:a' }, image: 'sha256:b', changed: { image: NEW } },
  ],
  ['no container, as after down or adoption', { present: [volume('data')], image: 'sha256:new' }],
  ['a stopped container of another image', { runs: { id: 'sha256:old', status: 'exited' }, image: 'sha256:new' }],
  [
    'a stack and a container that are called archive',
    {
      present: [volume('data'), container('team-archive', OLD)],
      runs: { id: 'sha256:old' },
      image: 'sha256:new',
      changed: { name: 'team-archive' },
    },
  ],
  [
    'a server that an older release of this program made, without a role',
    {
      present: [volume('data'), container('web', OLD, { role: undefined })],
      runs: { id: 'sha256:old' },
      image: 'sha256:new',
    },
  ],
])('makes a backup first: %s', async (_, given) => {
  expect(await prepared(given)).toEqual(UPGRADE);
  expect(backups()).toBe(1);
  expect(said.join('\n')).toMatch(
    /To go back: {2}set webui.image to .* again, and\n +npm run restore -- --stack test --from backups\/b.tar.gz/,
  );
});

describe('an image that the engine lacks', () => {
  const store = { ...settings.valkey, image: 'registry.example.com/valkey:8.1' };

  it('is had before anything is registered, and in no preview', async () => {
    const given = { present: [], image: 'sha256:new', store };
    expect(await prepared(given)).toEqual({ imageIds: { webui: 'sha256:new', valkey: 'sha256:pulled' } });
    expect(said).toEqual([`pulling ${store.image}`]);
    expect(await prepared({ ...given, preview: true })).toEqual({ imageIds: { webui: 'sha256:new' } });
    expect(said).toHaveLength(1);
  });

  it('and cannot be had is refused with what its registry says, and one that no registry has with the command', async () => {
    const given = { present: [], image: 'sha256:new' };
    expect(String(await prepared({ ...given, store, lacking: [store.image] }))).toBe(
      `Error: ${store.image} cannot be pulled: manifest unknown. Nothing was created or changed.\n` +
        '  to do: correct the reference; if its registry is private, add its credentials to registries\n',
    );
    expect(String(await prepared({ ...given, store: { ...store, image: 'local/valkey:0' } }))).toBe(
      'Error: The engine has no image local/valkey:0, and no registry has it. Nothing was created or changed.\n  to do: npm run setup builds it\n',
    );
  });
});

it('makes none without a volume', async () => {
  expect(await prepared({ present: [], image: 'sha256:new' })).toEqual({
    imageIds: { ...VALKEY, webui: 'sha256:new' },
  });
  expect(backups()).toBe(0);
});

it('makes none for the restore that runs this update, and refuses every other one beside it', async () => {
  const given = { runs: { id: 'sha256:old' }, image: 'sha256:new' };
  restoring = true;
  expect(String(await prepared(given))).toBe(
    'Error: A restore of this stack is in progress. Nothing was created or changed.\n  To do:             wait until it has ended, then try again\n',
  );
  jest.replaceProperty(process, 'env', { ...process.env, OPEN_WEBUI_RESTORING: 'true' });
  expect(await prepared(given)).toEqual({ imageIds: { ...VALKEY, webui: 'sha256:new' } });
  expect(backups()).toBe(0);
});

it('makes none of a volume without data', async () => {
  jest
    .mocked(lookAtDatabase)
    .mockResolvedValue({ data: false, revisions: null, unknown: [], current: false, served: false });
  expect(await prepared({ present: [volume('data')], image: 'sha256:new' })).toEqual({
    imageIds: { ...VALKEY, webui: 'sha256:new' },
  });
  expect(backups()).toBe(0);
});

describe('a Postgres that does not run, as after `npm run down`', () => {
  const given = { present: [volume('data'), volume('postgres')], image: 'sha256:new', postgres: true };
  const looked = { data: true, revisions: null, unknown: [], current: false };

  it('needs no backup for the release that it has served last', async () => {
    jest.mocked(lookAtDatabase).mockResolvedValue({ ...looked, served: true });
    expect(await prepared(given)).toMatchObject({ imageIds: { webui: 'sha256:new' } });
    expect(backups()).toBe(0);
  });

  it('is left alone by another release, with the way', async () => {
    jest.mocked(lookAtDatabase).mockResolvedValue({ ...looked, served: false });
    const text = String(await prepared(given));
    expect(text).toContain(
      `was not upgraded to ${NEW}, because there is no backup: the server postgres is not running`,
    );
    expect(text).toContain('set webui.image to the release that last used the data, npm run up');
    expect(backups()).toBe(0);
  });

  it('is dumped when it runs, whichever release served it last', async () => {
    jest.mocked(lookAtDatabase).mockResolvedValue({ ...looked, served: true });
    const present = [...given.present, container('postgres', 'local/postgres:17', { on: 'postgres' })];
    await prepared({ ...given, present });
    expect(backups()).toBe(1);
  });
});

it('makes none where the stack does without, and still waits for the new release', async () => {
  expect(await prepared({ runs: { id: 'a' }, image: 'b', changed: { backupBeforeUpgrade: false } })).toEqual(UPGRADE);
  expect(backups()).toBe(0);
});

it.each([false, true])('refuses a database that is newer than the image (preview: %s)', async (preview) => {
  jest
    .mocked(lookAtDatabase)
    .mockResolvedValue({ data: true, revisions: ['f'], unknown: ['f'], current: false, served: false });
  const given = { present: [volume('data')], image: 'sha256:new', preview };
  for (const changed of [{}, { backupBeforeUpgrade: false }]) {
    expect(String(await prepared({ ...given, changed }))).toContain(
      `webui.image is ${NEW}, and a newer release wrote the database in the volume data: it has the revision f, which this image does not know`,
    );
  }
  expect(backups()).toBe(0);
});

it('makes no upgrade without a backup, and says why', async () => {
  jest.mocked(take).mockRejectedValue(new Error('the disk is full'));
  expect(String(await prepared({ runs: { id: 'a' }, image: 'b' }))).toBe(
    `Error: The web UI was not upgraded to ${NEW}, because there is no backup: the disk is full. Nothing was created or changed.\n` +
      '  To do:             see what it says, and try again\n' +
      '  Or skip it:         webui.backupBeforeUpgrade: false in Pulumi.test.yaml\n',
  );
});

it('makes no upgrade in a pipeline that would lose its backup, by whichever command it deploys', async () => {
  jest.mocked(requireLasting).mockImplementation(() => {
    throw new Error('it would go with the checkout');
  });
  expect(String(await prepared({ runs: { id: 'a' }, image: 'b' }))).toContain(
    'because there is no backup: it would go with the checkout. Nothing was created or changed.',
  );
  expect(backups()).toBe(0);
});

it('only announces it in a preview', async () => {
  await prepared({ runs: { id: 'a' }, image: 'b', preview: true });
  await prepared({ runs: { id: 'a' }, image: undefined, preview: true });
  expect([backups(), jest.mocked(settle).mock.calls.length]).toEqual([0, 0]);
  expect(said).toEqual([
    `${NEW} takes over the data in data: the update makes a backup first`,
    `${NEW} may take over data: the update checks that, and makes a backup first`,
  ]);
});

it('settles a restore that was killed wherever a server does not run, and says so', async () => {
  jest.mocked(settle).mockResolvedValue('what was there before it is back');
  await prepared({ runs: { id: 'a', status: 'exited' }, image: 'a' });
  expect(said).toEqual(['what was there before it is back']);
  expect(backups()).toBe(0);
});

it('settles a restore that was killed before its proof, also where the servers run well with its data', async () => {
  const given = { runs: { id: 'a' }, image: 'a', unsettled: true };
  jest.mocked(settle).mockResolvedValue('its data stays');
  await prepared({ ...given, preview: true });
  expect(said).toEqual([]);
  expect(await prepared(given)).toEqual({ imageIds: { ...VALKEY, webui: 'a' } });
  expect(said).toEqual(['its data stays']);
  // One that an update gave up on is still kept.
  starting = true;
  expect(await prepared({ ...given, runs: { id: 'a', health: 'starting' } })).toMatchObject({ late: 'web' });
  expect(jest.mocked(settle).mock.calls.length).toBe(2);
  expect(backups()).toBe(0);
});

it('waits for a server that starts, whichever image is to come, and keeps it when it has become healthy', async () => {
  starting = true;
  const waited = () => jest.mocked(waitWhileStarting).mock.calls.length;
  const given = { runs: { id: 'a', health: 'starting' }, image: 'a' };
  expect(await prepared(given)).toEqual({ imageIds: { ...VALKEY, webui: 'a' }, late: 'web' });
  expect(waited()).toBe(1);
  jest.mocked(waitWhileStarting).mockResolvedValueOnce(false);
  expect(await prepared(given)).toEqual({ imageIds: { ...VALKEY, webui: 'a' } });
  await prepared({ runs: { id: 'a', health: 'unhealthy' }, image: 'b' });
  expect(waited()).toBe(3);
  jest.mocked(waitWhileStarting).mockRejectedValue(Object.assign(new Error('web is still starting'), { next: 'wait' }));
  expect(String(await prepared({ runs: { id: 'a', health: 'unhealthy' }, image: 'b' }))).toContain(
    'web is still starting. Nothing was created or changed.\n  To do:             wait',
  );
});
