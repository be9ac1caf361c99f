/** A move of the database: what is refused before anything changes, and its words. */

import type { Container } from '../../docker/inspect.ts';
import { requireMovable } from '../../ops/moveDatabase/movable.ts';
import { movedText, progressText, remarks, wayBack } from '../../ops/moveDatabase/report.ts';
import { requireEmpty } from '../../ops/moveDatabase/target.ts';
import type { Stack } from '../../ops/outputs.ts';
import { parse, type Settings } from '../../settings/parse.ts';

const settingsOf = (given: Record<string, unknown>, secret = false): Settings =>
  parse({ project: 'open-webui', stack: 'test', given, isSecret: () => secret });
const POSTGRES = { kind: 'postgres' };

/** A stack whose web UI runs on an image, on an engine where each image has its name for its id. */
function stackOf({
  image = 'web:1',
  command = ['bash'],
  outputs = {},
}: {
  image?: string;
  command?: string[];
  outputs?: object;
} = {}): Stack {
  const container: Partial<Container> = { Image: image, Config: { Image: image, Cmd: command } as Container['Config'] };
  const answer = ([kind, , ...names]: readonly string[]) =>
    JSON.stringify(kind === 'image' ? names.filter((name) => name !== 'web:none').map((Id) => ({ Id })) : [container]);
  return {
    name: 'test',
    docker: {
      capture: async (args: readonly string[]) => ({ code: 0, stdout: answer(args), stderr: '' }),
    },
    pulumi: { workspace: { root: `${__dirname}/../..` } },
    servers: {
      webui: { container: 'web', volume: 'open-webui-test', processes: 1, ...outputs },
      valkey: { container: 'valkey', volume: 'valkey', url: '', operatorPassword: '' },
    },
  } as unknown as Stack;
}

/** Why a move is refused, with what to do. */
const refusal = (stack: Stack, settings: Settings): Promise<string> =>
  requireMovable(stack, settings).then(
    () => 'not at all',
    ({ message, next }: { message: string; next?: string }) => `${message} | ${next}`,
  );

const settings = (webui: object = {}, database: object = POSTGRES) =>
  settingsOf({ database, webui: { image: 'web:1', ...webui } });

it.each([
  [
    'a file that says sqlite',
    stackOf(),
    settings({}, {}),
    'the file of the stack test says database.kind: sqlite, and the data is there | npm run pulumi -- config set --path database.kind postgres --stack test, then try again',
  ],
  [
    'a stack that is on Postgres',
    stackOf({ outputs: { database: 'postgres' } }),
    settings(),
    'the stack test already has its database in Postgres | npm run up deploys what has changed',
  ],
  [
    'another volume',
    stackOf(),
    settings({ volume: 'other' }),
    'the web UI has its data in the volume open-webui-test, and the stack file names the volume other | set webui.volume to open-webui-test',
  ],
  [
    'an image that the engine lacks',
    stackOf(),
    settings({ image: 'web:none' }),
    'the engine lacks web:none, which webui.image names | pull it, or set webui.image to the one that runs',
  ],
  [
    'another image than the one that serves',
    stackOf({ image: 'web:0' }),
    settings(),
    'webui.image is web:1, and the data is in use by another one, web:0: a move takes the data as one release has it | set webui.image to web:0; or upgrade first, with database.kind: sqlite and npm run up -- --stack test',
  ],
])('refuses %s', async (_, stack, given, expected) => {
  expect(await refusal(stack, given)).toBe(expected);
});

it('refuses a Postgres with data of its own, and says where an empty one comes from', () => {
  const deployed = settings();
  expect(() => requireEmpty('used', deployed)).toThrow('has users or passages of its own');
  for (const state of ['empty', 'unfinished', 'finished'] as const)
    expect(() => requireEmpty(state, deployed)).not.toThrow();
});

describe('the way back', () => {
  const back = (webui: object, database: object = POSTGRES) =>
    wayBack('test', settingsOf({ database, webui: { image: 'web:1', ...webui } }, true));
  const [KIND, UP] = [
    'npm run pulumi -- config set --path database.kind sqlite --stack test',
    'npm run up -- --stack test',
  ];

  it('is one line', () => expect(back({})).toBe(`${KIND} && ${UP}`));
  it('takes several processes back to one, which is all that SQLite serves', () =>
    expect(back({ env: { UVICORN_WORKERS: 2 } })).toBe(
      `npm run pulumi -- config set --path webui.env.UVICORN_WORKERS 1 --stack test && ${KIND} && ${UP}`,
    ));
  it('lets go of protected data first', () =>
    expect(back({}, { ...POSTGRES, protectData: true })).toBe(
      `npm run pulumi -- config set --path database.protectData false --stack test && ${UP} && ${KIND} && ${UP}`,
    ));
  it('removes the address of a Postgres of one’s own', () =>
    expect(back({}, { ...POSTGRES, url: 'postgresql://a:b@db/c' })).toBe(
      `npm run pulumi -- config rm --path database.url --stack test && ${KIND} && ${UP}`,
    ));
});

it('says how far it is and what was moved', () => {
  expect(progressText({ what: 'copying chat', done: 0, total: 9 })).toBe('copying chat');
  expect(progressText({ what: 'copying chat', done: 1200, total: 99000 })).toBe('copying chat: 1,200 of 99,000 rows');
  expect(progressText({ what: 'vectors', done: 5, total: 0 })).toBe('vectors: 5');
  const tables = { chat: { rows: 1200, digest: '' }, user: { rows: 1, digest: '' } };
  const moved = { tables, notes: [], left: [], vectors: null };
  expect(movedText(moved)).toBe('1,201 rows in 2 tables, compared by digest');
  expect(movedText({ ...moved, vectors: { collections: 1, passages: 3, queries: 2 } })).toBe(
    '1,201 rows in 2 tables, compared by digest; 3 passages in 1 collection, compared by 2 searches',
  );
  expect(
    remarks({
      ...moved,
      notes: [{ table: 'chat', column: 'title', what: 'NUL characters, removed', count: 2 }],
      left: [
        { table: 'plugin', rows: 1 },
        { table: 'chat', column: 'extra', rows: 2 },
      ],
    }),
  ).toEqual([
    'chat.title: 2 × NUL characters, removed',
    'the table plugin with 1 row is not part of this release, and stays only in SQLite',
    'the column chat.extra (2 rows) is not part of this release, and stays only in SQLite',
  ]);
});
