/** That verify always ends, closes what it has opened, and tells the truth in each of the ways in which Open WebUI signs people in. */

import { line, type Result, verify } from '../../ops/verify/verify.ts';
import { websocket } from '../../ops/verify/websocket.ts';
import { type Answers, Engine, Page, standInStack } from '../support/standIn.ts';

const VARIABLES = ['OPEN_WEBUI_EMAIL', 'OPEN_WEBUI_PASSWORD', 'OPEN_WEBUI_TOKEN'];

let page: Page;
let engine: Engine;
let origin: string;

beforeEach(async () => {
  for (const name of VARIABLES) delete process.env[name];
  page = new Page();
  engine = new Engine(page);
  origin = await page.listen();
});
afterEach(() => {
  page.close();
  for (const name of VARIABLES) delete process.env[name];
});

async function proved(answers: Answers, options?: { seconds: number }): Promise<Result> {
  page.answers = answers;
  const results = await verify(standInStack(engine, origin), undefined, options);
  expect(results.map(({ name }) => name)).toContain(websocket.name);
  expect(results.filter(({ name, ok }) => name !== websocket.name && !ok)).toEqual([]);
  return results.at(-1) as Result;
}

/** Waits for what a socket's end takes. */
async function nothingIsOpen(): Promise<void> {
  for (let tries = 0; page.open > 0 && tries < 100; tries++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(page.open).toBe(0);
  expect(engine.commands.filter(({ ended }) => !ended)).toEqual([]);
}

it('proves all of it with a password, and leaves nothing behind', async () => {
  const result = await proved({});
  expect(result).toMatchObject({ ok: true, detail: expect.stringContaining('a signed-in browser gets events') });
  expect(result.notProved).toBeUndefined();
  expect(page.requests).toContain('DELETE /api/v1/chats/c1');
  await nothingIsOpen();
});

it.each<[string, Answers, string]>([
  ['is refused', { 'POST /api/v1/chats/new': [400, { detail: 'disk full' }] }, 'answered 400'],
  ['is never answered', { 'POST /api/v1/chats/new': 'never' }, 'no result within 1 s'],
])('fails and closes everything when a chat %s', async (_, answers, text) => {
  const result = await proved(answers, { seconds: 1 });
  expect(result).toMatchObject({ ok: false, detail: expect.stringContaining(text) });
  await nothingIsOpen();
});

it('fails when the chat of the check cannot be removed', async () => {
  const result = await proved({ 'DELETE /api/v1/chats/c1': [500, {}] });
  expect(result).toMatchObject({ ok: false, detail: expect.stringContaining('DELETE /api/v1/chats/c1 answered 500') });
  await nothingIsOpen();
});

it('removes the chat, and ends, when the event does not arrive', async () => {
  page.emit = () => {};
  const result = await proved({ 'POST /api/v1/chats/new': [200, { id: 'c2', user_id: 'u1' }] }, { seconds: 2 });
  expect(result.ok).toBe(false);
  expect(page.requests).toContain('DELETE /api/v1/chats/c2');
  await nothingIsOpen();
});

it('ends when the engine does not answer', async () => {
  engine.prints = ([command]) => (command === 'container' ? 'never' : undefined);
  const results = await verify(standInStack(engine, origin), undefined, { seconds: 1 });
  expect(results).toMatchObject([{ name: 'containers', ok: false, detail: 'no result within 1 s' }]);
});

it('ends when Valkey does meanwhile, with what fails by that and whose log tells more', async () => {
  engine.prints = ([command, ...args]) => {
    if (command === 'exec' && args.includes('redis-valkey')) throw new Error('docker exec: ended with 137');
    return undefined;
  };
  page.emit = () => {};
  const results = await verify(standInStack(engine, origin), undefined, { seconds: 2 });
  const log = 'docker logs --tail 50 redis-valkey';
  expect(results.filter(({ ok }) => !ok)).toMatchObject([
    { name: 'ping', detail: 'docker exec: ended with 137', next: log },
    { name: 'access', next: log },
    { name: 'subscriptions', next: log },
    { name: 'websocket', next: 'docker logs --tail 50 open-webui' },
  ]);
  await nothingIsOpen();
});

const signin = 'POST /api/v1/auths/signin';

it.each<[string, Answers, string]>([
  [
    'another password',
    { [signin]: [400, { detail: 'incorrect' }] },
    'admin@example.com cannot sign in: the password is not the one of this stack',
  ],
  ['no passwords at all', { [signin]: [403, {}] }, 'Open WebUI accepts no passwords here (ENABLE_PASSWORD_AUTH)'],
  [
    'a second factor',
    { [signin]: [200, { next_step: 'mfa_verify' }] },
    'Open WebUI asks admin@example.com for a second factor besides the password',
  ],
  ['an approval', { [signin]: [200, { next_step: 'pending' }] }, 'the account admin@example.com waits for approval'],
  ['too many sign-ins', { [signin]: [429, {}] }, 'Open WebUI accepts no more sign-ins of admin@example.com for now'],
])('with %s says what is not proved, and proves the rest', async (_, answers, reason) => {
  const result = await proved(answers);
  expect(result).toMatchObject({
    ok: true,
    detail: 'a websocket gets what another process sends through Valkey',
    notProved: `that a signed-in browser gets the events of its user: ${reason}`,
  });
  expect(line(result)).toMatch(/^– websocket {7} a websocket gets .*\n {19}not proved: that .*\n {19}next: /);
  await nothingIsOpen();
});

it('fails when a password that was given is refused: it is expected to work', async () => {
  process.env['OPEN_WEBUI_PASSWORD'] = 'some-other-word';
  expect(await proved({ [signin]: [400, {}] })).toMatchObject({
    ok: false,
    detail: 'admin@example.com cannot sign in: the password is not the one of this stack',
    next: expect.stringContaining('OPEN_WEBUI_PASSWORD'),
  });
});

it('fails without a sign-in, too, when nothing comes through Valkey', async () => {
  page.emit = () => {};
  const result = await proved({ [signin]: [403, {}] }, { seconds: 1 });
  expect(result.ok).toBe(false);
  await nothingIsOpen();
});

it('calls a sign-in that fails by itself a failure', async () => {
  const result = await proved({ [signin]: [500, {}] });
  expect(result).toMatchObject({ ok: false, detail: expect.stringContaining('answered 500') });
});

describe('behind a proxy that the web UI trusts', () => {
  const trusting = (users: string[]): Answers => ({
    'GET /api/config': [200, { features: { auth_trusted_header: true } }],
    [signin]: ({ headers }) =>
      users.includes(String(headers['x-user-email'])) ? [200, { token: 'jwt' }] : [400, { detail: 'no header' }],
  });
  const looked = (text: string) => {
    engine.prints = (args) => (args.includes('sh') ? text : undefined);
  };

  it('signs in with the header of the proxy', async () => {
    looked('X-User-Email\nyes\n');
    const result = await proved(trusting(['admin@example.com']));
    expect(result).toMatchObject({ ok: true, detail: expect.stringContaining('a signed-in browser gets events') });
    expect(result.notProved).toBeUndefined();
  });

  it.each([
    ['X-User-Email\nno\n', 'there is no user admin@example.com'],
    ['X-User-Email\n', 'whether there is a user admin@example.com cannot be checked'],
  ])('makes no user: %j', async (text, reason) => {
    looked(text);
    const result = await proved(trusting(['admin@example.com']));
    expect(result).toMatchObject({ ok: true, notProved: expect.stringContaining(reason) });
    expect(page.requests).not.toContain(signin);
  });

  it('takes the user that OPEN_WEBUI_EMAIL names', async () => {
    process.env['OPEN_WEBUI_EMAIL'] = 'me@example.com';
    looked('X-User-Email\n');
    expect((await proved(trusting(['me@example.com']))).notProved).toBeUndefined();
  });
});

describe('with OPEN_WEBUI_TOKEN', () => {
  const only = (token: string): Answers => ({
    [signin]: [403, {}],
    'GET /api/v1/chats/': ({ headers }) => (headers.authorization === `Bearer ${token}` ? [200, []] : [401, {}]),
  });

  it('proves all of it with the token of a session', async () => {
    process.env['OPEN_WEBUI_TOKEN'] = 'ey.x';
    const result = await proved(only('ey.x'));
    expect(result).toMatchObject({ ok: true, detail: expect.stringContaining('a signed-in browser gets events') });
    expect(page.requests).not.toContain(signin);
  });

  it('says what an API key does not prove', async () => {
    process.env['OPEN_WEBUI_TOKEN'] = 'sk-x';
    expect(await proved(only('sk-x'))).toMatchObject({
      ok: true,
      detail: expect.stringContaining('an event over HTTP goes through Valkey'),
      notProved: expect.stringContaining('with an API key'),
    });
    expect(page.requests).toContain('DELETE /api/v1/chats/c1');
    await nothingIsOpen();
  });

  it('says so when it is none', async () => {
    process.env['OPEN_WEBUI_TOKEN'] = 'old';
    expect(await proved(only('new'))).toMatchObject({
      ok: false,
      detail: expect.stringContaining('OPEN_WEBUI_TOKEN is not'),
    });
  });
});
