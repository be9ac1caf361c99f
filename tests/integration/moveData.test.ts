/** What a move makes of data that is old, large, odd, or not for it. */

import { Lab } from '../support/moveLab.ts';

jest.setTimeout(600_000);

/** The last revisions of releases on PyPI. */
const RELEASES = { '0.9.6': '461111b60977', '0.11.4': 'd4c1a8e37b62' };

let lab: Lab;

beforeAll(async () => {
  lab = await Lab.create('move-data');
});

afterAll(() => lab?.remove());

const USER = `add("user", id="u", name="Ann", email="ann@example.com", role="admin", profile_image_url="/user.png", last_active_at=1, updated_at=1, created_at=1)
add("auth", id="u", email="ann@example.com", password="hash", active=1)
`;

const move = (options: Parameters<Lab['moving']>[1] = {}) =>
  lab.moving(async (mover) => {
    await mover.prepare();
    return mover.move({ withVectors: true, show: () => {} });
  }, options);

it.each(Object.entries(RELEASES))(
  'brings a copy of what %s has written to this release, and leaves it as it was',
  async (_, revision) => {
    await lab.empty();
    await lab.makeSqlite(revision);
    await lab.write(`${USER}
add("chat", id="c", user_id="u", title="old", archived=0, created_at=1, updated_at=1, chat=json.dumps({"title": "old", "history": {"messages": {"m": {"id": "m", "role": "user", "content": "hello"}}, "currentId": "m"}}))
`);
    const { tables } = await move();
    expect(tables['chat']?.rows).toBe(1);
    expect(await lab.query("select title, chat->'history'->>'currentId' from chat")).toBe('old|m');
    expect(await lab.write('print(database.execute("select version_num from alembic_version").fetchone()[0])')).toBe(
      revision,
    );
  },
);

it('carries every kind of value as it was', async () => {
  await lab.empty();
  await lab.makeSqlite('head');
  await lab.write(`${USER}
database.execute("update user set username = ?, date_of_birth = '2000-02-29', oauth = ?, settings = 'null', info = NULL", ["x" * 60, ${JSON.stringify('{"a": "\\\\u0000 stays", "b": [1.0, 1e400]}')}])
add("config", key="a", value='{"big": 12345678901234567890123, "e": 1e2, "ä": "ä🦊"}', updated_at=1)
add("config", key="b", value='not json', updated_at=1)
add("config", key="c", value='"half \\\\ud83d, nul \\\\u0000"', updated_at=1)
add("chat", id="c", user_id="u", title=b"bytes \\xff\\x00".decode("latin-1").encode() + b"\\xfe", archived="true", pinned=7, created_at="12", updated_at=2**40, chat="{}", meta="{}")
add("chat", id="n", user_id="u", title="t\\ta\\\\b\\r\\nc", archived=0, created_at=1, updated_at=1, chat="{}", meta="{}")
add("knowledge", id="k", user_id="u", name="K", description="", created_at=1, updated_at=1)
add("knowledge_directory", id="d1", knowledge_id="k", parent_id=None, name="1", user_id="u", created_at=1, updated_at=1)
add("knowledge_directory", id="d2", knowledge_id="k", parent_id="d1", name="2", user_id="u", created_at=1, updated_at=1)
add("knowledge_directory", id="d3", knowledge_id="k", parent_id="gone", name="3", user_id="u", created_at=1, updated_at=1)
add("knowledge_directory", id="d4", knowledge_id="k", parent_id="d3", name="4", user_id="u", created_at=1, updated_at=1)
add("group", id="g", user_id="u", name="g", parent_group_id="gone")
`);
  const { notes } = await move();
  const noted = Object.fromEntries(
    notes.map(({ table, column, what, count }) => [`${table}.${column}: ${what}`, count]),
  );
  expect(noted).toEqual({
    'user.username: texts of more than 50 characters, kept': 1,
    'config.value: texts that are no JSON, kept as JSON strings': 1,
    'config.value: NUL characters, removed': 1,
    'config.value: invalid characters, replaced by U+FFFD': 1,
    'chat.title: NUL characters, removed': 1,
    'chat.title: invalid characters, replaced by U+FFFD': 1,
    'knowledge_directory.parent_id: references to what is no longer in knowledge_directory, left out with their rows': 2,
    'group.parent_group_id: references to what is no longer in group, emptied': 1,
  });
  expect(await lab.query('select length(username), date_of_birth, settings, info is null from "user"')).toBe(
    '60|2000-02-29|null|t',
  );
  expect(await lab.query("select value from config where key = 'a'")).toBe(
    '{"big": 12345678901234567890123, "e": 1e2, "ä": "ä🦊"}',
  );
  expect(await lab.query('select oauth from "user"')).toBe('{"a": "\\\\u0000 stays", "b": [1.0, 1e400]}');
  expect(await lab.query("select value #>> '{}' from config where key = 'c'")).toBe('half \ufffd, nul');
  expect(await lab.query("select archived, pinned, created_at, updated_at from chat where id = 'c'")).toBe(
    `t|t|12|${2 ** 40}`,
  );
  expect(await lab.query("select title from chat where id = 'n'")).toBe('t\ta\\b\r\nc');
  expect(await lab.query("select string_agg(id, ',' order by id) from knowledge_directory")).toBe('d1,d2');
  expect(await lab.query("select count(*) from pg_constraint where contype = 'f' and not convalidated")).toBe('0');
});

it('refuses a value that its column cannot take, and leaves Postgres without users', async () => {
  await lab.empty();
  await lab.write('add("config_old", id=1, data="{}", version="first", created_at="2024-01-01")');
  await expect(move()).rejects.toThrow(
    'config_old.version has a value that a column of type int4 does not take, in the row that begins with "1": correct it in webui.db',
  );
  expect(await lab.query('select count(*) from "user"')).toBe('0');
});

it('refuses a Postgres that has users', async () => {
  await lab.query(`insert into "user" (id, email) values ('other', 'other@example.com')`);
  await lab.query("comment on table alembic_version is 'settings of a release'");
  expect(await lab.moving((mover) => mover.target())).toBe('used');
  await expect(lab.moving((mover) => mover.move({ withVectors: false, show: () => {} }))).rejects.toThrow(
    'has data of its own',
  );
  expect(await lab.query('select id from "user"')).toBe('other');
});
