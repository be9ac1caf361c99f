/** The whole way from a deployment that people have to a stack, by the commands that are printed, and back. */

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../core/until.ts';
import { VALKEY_DATA } from '../../core/valkey.ts';
import { WEBUI_DATA, WEBUI_PORT } from '../../core/webui.ts';
import { Session } from '../../ops/webui.ts';
import { Deployment, IMAGES } from '../support/deployment.ts';
import { docker, inspect, labelOf } from '../support/docker.ts';

jest.setTimeout(900_000);

const ANN = { name: 'Ann', email: 'ann@example.com', password: 'a password of hers' };
const VERIFY = { OPEN_WEBUI_EMAIL: ANN.email, OPEN_WEBUI_PASSWORD: ANN.password };
const TITLE = 'from before the move';

let deployment: Deployment;
let sidecar: string;
let token: string;

/** Runs a container that nobody but this test has made. */
const run = (name: string, ...args: string[]) =>
  docker(
    'run',
    '--detach',
    '--name',
    name,
    '--label',
    labelOf(deployment.stack),
    '--network',
    deployment.network,
    ...args,
  );

/** Waits for the page; the first start takes long. */
async function page(): Promise<void> {
  const answers = () =>
    fetch(`${deployment.origin}/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  if (!(await until(answers, Boolean, { seconds: 240, everyMs: 500 }))) throw new Error('the page does not answer');
}

/** Titles of the chats that a token, which is older than the stack, opens. */
async function chats(): Promise<string[]> {
  const session = await Session.withToken(deployment.origin, token);
  const found = (await session.request('GET', '/api/v1/chats/?page=1')) as { title: string }[];
  return found.map(({ title }) => title);
}

/** What a container beside it gets from the web UI, by the name that it had before. */
const fromSidecar = () =>
  docker(
    'exec',
    sidecar,
    'bash',
    '-c',
    `exec 3<>/dev/tcp/${deployment.webui}/${WEBUI_PORT} && printf 'GET /health HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3`,
  );

/** The commands of a part of what was printed. */
function commands(text: string, from: string, to: string): string[] {
  const [, part = ''] = text.split(from);
  return [...(part.split(to)[0] ?? '').matchAll(/^ {7}(.*)$/gm)].map(([, command = '']) => command);
}

/** Runs printed commands as a person does, with those of npm in this checkout. */
async function type(lines: readonly string[]): Promise<void> {
  for (const line of lines) {
    const own = line.replace(/^npm run (\w+) --/, 'node cli/main.ts $1');
    await deployment.succeed('sh', ['-c', own], VERIFY);
  }
}

beforeAll(async () => {
  deployment = await Deployment.create('move');
  sidecar = `sidecar-${deployment.stack}`;
  // What makes a stack of it writes its file itself.
  rmSync(join(deployment.dir, `Pulumi.${deployment.stack}.yaml`));
  const { network, valkey, webui, valkeyVolume, port, stack } = deployment;
  await docker('network', 'create', '--label', labelOf(stack), network);
  for (const volume of [valkeyVolume, webui]) await docker('volume', 'create', '--label', labelOf(stack), volume);
  await run(
    valkey,
    '--volume',
    `${valkeyVolume}:${VALKEY_DATA}`,
    '--restart',
    'unless-stopped',
    IMAGES.valkey,
    'valkey-server',
    '--save',
    '30',
    '1',
  );
  const variables = [
    'ENABLE_WEBSOCKET_SUPPORT=True',
    'WEBSOCKET_MANAGER=redis',
    `WEBSOCKET_REDIS_URL=redis://${valkey}:6379/1`,
    'OPENAI_API_KEY=sk-of-the-old-one',
  ].flatMap((variable) => ['--env', variable]);
  const publish = ['--publish', `127.0.0.1:${port}:${WEBUI_PORT}`];
  await run(webui, '--volume', `${webui}:${WEBUI_DATA}`, '--restart', 'always', ...publish, ...variables, IMAGES.webui);
  await run(sidecar, IMAGES.valkey, 'sleep', '1d');
  await page();
  const signup = await fetch(`${deployment.origin}/api/v1/auths/signup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(ANN),
  });
  token = ((await signup.json()) as { token: string }).token;
  const session = await Session.withToken(deployment.origin, token);
  await session.request('POST', '/api/v1/chats/new', { chat: { title: TITLE, messages: [] } });
});

afterAll(() => deployment?.remove());

it('moves from the containers of the tutorial to a stack and back: nobody is signed out, nothing is lost', async () => {
  const { stack, webui, valkey, network } = deployment;
  const before = await docker(
    'ps',
    '--all',
    '--no-trunc',
    '--filter',
    `label=${labelOf(stack)}`,
    '--format',
    '{{.ID}} {{.Names}} {{.State}}',
  );
  const made = await deployment.run('node', ['cli/main.ts', 'new-stack', stack, '--from-containers', webui]);
  expect(made).toMatchObject({ code: 0, stdout: expect.not.stringContaining('Cannot move') });
  expect(made.stdout).toContain(`${sidecar}: on the network ${network}`);
  expect(
    await docker(
      'ps',
      '--all',
      '--no-trunc',
      '--filter',
      `label=${labelOf(stack)}`,
      '--format',
      '{{.ID}} {{.Names}} {{.State}}',
    ),
  ).toBe(before);
  const key = await docker('exec', webui, 'cat', '/app/backend/.webui_secret_key');
  const file = readFileSync(join(deployment.dir, `Pulumi.${stack}.yaml`), 'utf8');
  for (const secret of [key, 'sk-of-the-old-one']) expect(file + made.stdout + made.stderr).not.toContain(secret);
  expect(file).toMatch(/sessionKey:\n\s+secure: /);

  await type(commands(made.stdout, 'What to do', 'If it does not work'));
  expect(await chats()).toEqual([TITLE]);
  expect(await fromSidecar()).toContain('{"status":true}');
  expect((await deployment.verify(VERIFY)).checks.filter(({ ok, notProved }) => !ok || notProved)).toEqual([]);
  const { Config } = await inspect('container', webui);
  expect(JSON.stringify(Config)).not.toMatch(/sk-of-the-old-one/);
  expect((await deployment.secretEnv())['WEBUI_SECRET_KEY']).toBe(key);

  await type(commands(made.stdout, 'back to what was there', 'When it works'));
  await page();
  expect(await chats()).toEqual([TITLE]);
  expect(await fromSidecar()).toContain('{"status":true}');
  const { HostConfig, NetworkSettings } = await inspect('container', webui);
  expect([HostConfig.RestartPolicy.Name, Object.keys(NetworkSettings.Networks)]).toEqual(['always', [network]]);
  expect(await docker('inspect', '--format', '{{.State.Status}}', valkey)).toBe('running');
});
