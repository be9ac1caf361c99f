/** That a rotation refuses before anything changes what it cannot finish, and finishes what was killed. */

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Workspace } from '../../ops/pulumi.ts';
import { prepareRotation, type Secret } from '../../ops/rotate.ts';
import { changed, containersPrint, engineHas } from '../support/dockerClient.ts';
import { type Answers, Page } from '../support/standIn.ts';

/** Stands in for the CLI: outputs and updates are files; a note is kept as it is. `broken` lets an update generate nothing. */
const CLI = `#!/bin/sh
cd "$STAND_IN"
case "$1 $2" in
  'stack output') cat outputs.json ;;
  'up --yes') echo up >> calls; if [ ! -e broken ]; then sed 's/old-/new-/g' outputs.json > next; mv next outputs.json; fi ;;
  'config rm') echo "$*" >> removed; if [ ! -e elsewhere ]; then rm -f given; fi ;;
  'config set') while [ "$1" != --config-file ]; do shift; done; cat > "$2" ;;
  'config get') case "$*" in *--path*) exec test -e given ;; esac; while [ "$1" != --config-file ]; do shift; done; cat "$2" ;;
esac
`;

let dir: string;
let page: Page;
let origin: string;
let workspace: Workspace;
/** The administrator's password in the page. */
let password: string;

const signin = 'POST /api/v1/auths/signin';
const change = 'POST /api/v1/auths/update/password';

const usual: Answers = {
  [signin]: (_, body) => (JSON.parse(body).password === password ? [200, { token: 'jwt' }] : [400, {}]),
  [change]: (_, body) => {
    if (JSON.parse(body).password !== password) return [400, {}];
    password = JSON.parse(body).new_password;
    return [200, true];
  },
};

function deployed({ auth = true, swarm = false } = {}): void {
  const [at, origins] = [{ http: 'http://127.0.0.1' }, ['http://chat.test']];
  const servers = {
    webui: { container: 'w', volume: 'w', publishedAt: origin, processes: 1, ...(swarm && { service: 'w' }) },
    valkey: { container: 'v', volume: 'v', url: 'redis://v', operatorPassword: auth ? 'old-operator' : '' },
    ...(swarm && {
      gateway: {
        ...{ service: 'g', volume: 'g', origins, publishedAt: at, tls: 'off', privateAuthority: false },
        waitTimeout: '10m',
      },
    }),
  };
  const outputs = { url: origin, adminEmail: 'admin@example.com', adminPassword: 'old-admin', networks: [], host: {} };
  writeFileSync(join(dir, 'outputs.json'), JSON.stringify({ ...outputs, servers }));
}

const stateOf = () => JSON.parse(readFileSync(join(dir, 'outputs.json'), 'utf8')).adminPassword as string;
const updates = () =>
  existsSync(join(dir, 'calls')) ? readFileSync(join(dir, 'calls'), 'utf8').split('\n').length - 1 : 0;
const note = () => join(dir, 'state', 'before-admin-rotation-dev.yaml');

async function rotate(secret: Secret): Promise<void> {
  await (await prepareRotation(workspace, secret, join(dir, 'state')))();
}

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'open-webui-rotate-'));
  mkdirSync(join(dir, 'bin'));
  writeFileSync(join(dir, 'bin', 'pulumi'), CLI, { mode: 0o755 });
  writeFileSync(join(dir, 'Pulumi.dev.yaml'), 'config: {}\n');
  workspace = { root: dir, stack: 'dev', env: { PATH: `${join(dir, 'bin')}:${process.env['PATH']}`, STAND_IN: dir } };
  page = new Page();
  page.answers = usual;
  origin = await page.listen();
  password = 'old-admin';
  deployed();
});
afterEach(() => {
  page.close();
  delete process.env['OPEN_WEBUI_PASSWORD'];
  rmSync(dir, { recursive: true });
});

it("changes the administrator's password in page and state, and leaves no note", async () => {
  await rotate('admin');
  expect([password, stateOf(), existsSync(note())]).toEqual(['new-admin', 'new-admin', false]);
});

it.each<[string, Answers, string]>([
  ['knows another password', { [signin]: [400, {}] }, 'the password is not the one of this stack'],
  ['takes no passwords', { [signin]: [403, {}] }, 'accepts no passwords here'],
  [
    'asks for a second factor',
    { [signin]: [200, { next_step: 'mfa_verify' }] },
    'asks admin@example.com for a second factor besides the password: a command cannot change the password',
  ],
  [
    'trusts a proxy',
    { 'GET /api/config': [200, { features: { auth_trusted_header: true } }] },
    'trusts a header of a proxy',
  ],
])('refuses before anything changes when the page %s', async (_, answers, reason) => {
  page.answers = { ...usual, ...answers };
  await expect(rotate('admin')).rejects.toThrow(reason);
  expect([updates(), stateOf(), existsSync(note())]).toEqual([0, 'old-admin', false]);
});

it('finishes a rotation that was killed between the state and the page', async () => {
  page.answers = { ...usual, [change]: [500, {}] };
  await expect(rotate('admin')).rejects.toThrow('answered 500');
  expect([password, stateOf(), existsSync(note())]).toEqual(['old-admin', 'new-admin', true]);
  page.answers = usual;
  await rotate('admin');
  expect([password, updates(), existsSync(note())]).toEqual(['new-admin', 1, false]);
});

it('takes OPEN_WEBUI_PASSWORD rather than the note of a killed rotation', async () => {
  page.answers = { ...usual, [change]: [500, {}] };
  await expect(rotate('admin')).rejects.toThrow('answered 500');
  page.answers = usual;
  password = 'changed in the page';
  await expect(rotate('admin')).rejects.toMatchObject({ next: expect.stringContaining('OPEN_WEBUI_PASSWORD') });
  process.env['OPEN_WEBUI_PASSWORD'] = password;
  await rotate('admin');
  expect([password, existsSync(note())]).toEqual(['new-admin', false]);
});

it('begins again when there is only half of a note', async () => {
  mkdirSync(join(dir, 'state'));
  writeFileSync(note(), '{"email": "adm');
  await rotate('admin');
  expect([password, stateOf(), existsSync(note())]).toEqual(['new-admin', 'new-admin', false]);
});

it('says so when the update has generated nothing', async () => {
  writeFileSync(join(dir, 'broken'), '');
  for (const secret of ['admin', 'valkey'] as const) await expect(rotate(secret)).rejects.toThrow('no new secret');
  expect(password).toBe('old-admin');
});

it('refuses to rotate the password of a Valkey that has none', async () => {
  deployed({ auth: false });
  await expect(rotate('valkey')).rejects.toThrow('Valkey of the stack dev has no password (valkey.auth: false)');
  expect(updates()).toBe(0);
  deployed();
  await rotate('valkey');
  expect(updates()).toBe(1);
});

it.each<[Secret, string[]]>([
  ['valkey', ['hold rotation-valkey 600', 'release rotation-valkey']],
  ['session', ['hold rotation-session 600', 'release rotation-session']],
  // Each web UI takes either password meanwhile: that is in the database.
  ['admin', []],
])('has requests wait in the gateway of a Swarm while all web UIs get another %s', async (secret, programs) => {
  deployed({ swarm: true });
  engineHas([
    { kind: 'container', name: 'g.1.x', owner: undefined, role: undefined, image: '', volumes: [], runs: true },
  ]);
  await rotate(secret);
  const inGateway = changed().filter(({ args }) => args[0] === 'exec' && args[1] === 'g.1.x' && args[3] === '-c');
  const said = inGateway.map(({ args }) => args.slice(5).join(' '));
  expect(said.filter((words) => /^(hold|release) /.test(words))).toEqual(programs);
});

it('does not rotate the session key under second factors, which Open WebUI could not read any more', async () => {
  containersPrint('2\n');
  await expect(rotate('session')).rejects.toThrow('2 users have a second factor');
  expect(updates()).toBe(0);
  // Nothing is known: a release without second factors, or a database elsewhere.
  containersPrint('');
  await rotate('session');
  expect(updates()).toBe(1);
});

it('takes a given session key out of the stack file, and says that the file has to be committed', async () => {
  const rotation = () => prepareRotation(workspace, 'session', join(dir, 'state'));
  expect(await (await rotation())()).toBeUndefined();
  expect(existsSync(join(dir, 'removed'))).toBe(false);
  writeFileSync(join(dir, 'given'), '');
  expect(await (await rotation())()).toContain(
    'was removed from Pulumi.dev.yaml: the generated key is used from now on. Commit the file',
  );
  expect(readFileSync(join(dir, 'removed'), 'utf8')).toBe('config rm --path webui.sessionKey --stack dev\n');
  expect(updates()).toBe(2);
});

it('rotates nothing where the session key comes from elsewhere than the stack file', async () => {
  for (const name of ['given', 'elsewhere']) writeFileSync(join(dir, name), '');
  await expect(rotate('session')).rejects.toThrow('webui.sessionKey is not in Pulumi.dev.yaml, but in Pulumi.yaml or');
  expect(updates()).toBe(0);
});
