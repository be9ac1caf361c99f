/** The whole way from a deployment that people have to a stack, by the commands that are printed, and back. */

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../core/until.ts';
import { VALKEY_DATA } from '../../core/valkey.ts';
import { WEBUI_DATA, WEBUI_PORT } from '../../core/webui.ts';
import { Session } from '../../ops/webui.ts';
import { Deployment, IMAGES } from '../support/deployment.ts';
import { docker, inspect, labelOf, removeObjectsOf } from '../support/docker.ts';

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

/** What a container beside it gets from the web UI, by a name that it has on their network. */
function fromSidecar(host: string, path = '/health'): Promise<string> {
  const request = `GET ${path} HTTP/1.0\\r\\nAuthorization: Bearer ${token}\\r\\n\\r\\n`;
  const script = `exec 3<>/dev/tcp/${host}/${WEBUI_PORT} && printf '${request}' >&3 && cat <&3`;
  return docker('exec', sidecar, 'bash', '-c', script);
}

/** Containers of the test, with their state. */
function containers(): Promise<string> {
  const label = `label=${labelOf(deployment.stack)}`;
  return docker('ps', '--all', '--no-trunc', '--filter', label, '--format', '{{.ID}} {{.Names}} {{.State}}');
}

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
  const store = ['--volume', `${valkeyVolume}:${VALKEY_DATA}`, '--restart', 'unless-stopped', IMAGES.valkey];
  await run(valkey, ...store, 'valkey-server', '--save', '30', '1');
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

afterAll(async () => {
  if (!deployment) return;
  await removeObjectsOf(deployment.stack);
  rmSync(deployment.dir, { recursive: true, force: true });
});

it('moves from the containers of the tutorial to a stack and back: nobody is signed out, nothing is lost', async () => {
  const { stack, webui, valkey, network } = deployment;
  const before = await containers();
  const made = await deployment.run('node', ['cli/main.ts', 'new-stack', stack, '--from-containers', webui]);
  expect(made).toMatchObject({ code: 0, stdout: expect.not.stringContaining('Cannot move') });
  expect(made.stdout).toContain(`${sidecar}: on the network ${network}`);
  expect(await containers()).toBe(before);
  const key = await docker('exec', webui, 'cat', '/app/backend/.webui_secret_key');
  const file = readFileSync(join(deployment.dir, `Pulumi.${stack}.yaml`), 'utf8');
  for (const secret of [key, 'sk-of-the-old-one']) expect(file + made.stdout + made.stderr).not.toContain(secret);
  expect(file).toMatch(/sessionKey:\n\s+secure: /);

  await type(commands(made.stdout, 'What to do', 'If it does not work'));
  expect(await chats()).toEqual([TITLE]);
  expect(await fromSidecar(webui)).toContain('{"status":true}');
  expect((await deployment.verify(VERIFY)).checks.filter(({ ok, notProved }) => !ok || notProved)).toEqual([]);
  const { Config } = await inspect('container', webui);
  expect(JSON.stringify(Config)).not.toMatch(/sk-of-the-old-one/);
  expect((await deployment.secretEnv())['WEBUI_SECRET_KEY']).toBe(key);
  expect(await deployment.refused()).toEqual([]);

  await type(commands(made.stdout, 'back to what was there', 'When it works'));
  await page();
  expect(await chats()).toEqual([TITLE]);
  expect(await fromSidecar(webui)).toContain('{"status":true}');
  const { HostConfig, NetworkSettings } = await inspect('container', webui);
  expect([HostConfig.RestartPolicy.Name, Object.keys(NetworkSettings.Networks)]).toEqual(['always', [network]]);
  expect(await docker('inspect', '--format', '{{.State.Status}}', valkey)).toBe('running');
});

/** The same containers, as a Compose file that publishes nothing would describe them, with a service that stays. */
const composeFile = ({ webui, valkey, valkeyVolume, network }: Deployment) => `
services:
  ui:
    image: ${IMAGES.webui}
    container_name: ${webui}
    volumes: [data:${WEBUI_DATA}]
    environment: { WEBSOCKET_MANAGER: redis, WEBSOCKET_REDIS_URL: "redis://cache:6379/1", OPENAI_API_KEY: "\${KEY}" }
  cache:
    image: ${IMAGES.valkey}
    container_name: ${valkey}
    volumes: [cache:${VALKEY_DATA}]
  proxy:
    image: nginx
    environment: { UPSTREAM: "http://ui:${WEBUI_PORT}" }
volumes: { data: { external: true, name: ${webui} }, cache: { external: true, name: ${valkeyVolume} } }
networks: { default: { external: true, name: ${network} } }
`;

it('moves from a Compose file: what stays reaches the web UI by its service, and the key is taken out of the container', async () => {
  const { stack, webui, valkey, network, dir } = deployment;
  writeFileSync(join(dir, 'compose.yml'), composeFile(deployment));
  writeFileSync(join(dir, '.env'), "KEY='sk-of-the-file'");
  rmSync(join(dir, `Pulumi.${stack}.yaml`));
  const made = await deployment.run('node', ['cli/main.ts', 'new-stack', stack, '--from-compose', 'compose.yml']);
  expect(made).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`proxy: on the network ${network}; reaches ui`),
  });
  const lines = commands(made.stdout, 'What to do', 'If it does not work');
  expect(lines.filter((line) => line.startsWith('docker compose'))).toHaveLength(2);
  await type(lines.slice(0, 1));
  // There need be no docker compose here: this is what its two commands do.
  await docker('rm', '--force', webui, valkey);
  await type(lines.filter((line) => line.startsWith('npm run up')));
  expect(await fromSidecar('ui')).toContain('{"status":true}');
  expect(await fromSidecar('ui', '/api/v1/chats/?page=1')).toContain(TITLE);
  expect(await docker('port', webui)).toBe('');
  expect((await deployment.verify(VERIFY)).checks.filter(({ ok, notProved }) => !ok || notProved)).toEqual([]);
});
