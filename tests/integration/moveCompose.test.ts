/**
 * The whole way of deployments as Compose files have them: into a stack by the commands that are printed, and back. Where an image of a file
 * cannot be had, one that is built here has its place. That of an older web UI is the same program under an older name: no database is
 * converted.
 */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WEBUI_USER } from '../../core/webui.ts';
import { fixture } from '../support/compose.ts';
import { ComposeProject } from '../support/composeProject.ts';
import { Deployment, IMAGES, POSTGRES } from '../support/deployment.ts';
import { docker, inspect, labelOf, removeObjectsOf } from '../support/docker.ts';
import { Mover, TITLE, VERIFY, way, wayBack } from '../support/moving.ts';

jest.setTimeout(900_000);

const KEY = 'the key that they have had for years';

/** Image of an older release than a stack runs. */
const older = (stack: string) => `local/open-webui:0.6.5-${stack}`;

/** Stands in for a store with S3's interface: keeps what it is given, under any name. */
const BUCKET = `
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
kept = {}
class Bucket(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def answer(self, body, whole=True):
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", len(body or b""))
        self.send_header("ETag", '"one"')
        self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
        self.end_headers()
        if whole and body: self.wfile.write(body)
    def do_PUT(self):
        kept[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(b"")
    def do_GET(self): self.answer(kept.get(self.path))
    def do_HEAD(self): self.answer(kept.get(self.path), False)
ThreadingHTTPServer(("", 9000), Bucket).serve_forever()
`;

interface Case {
  /** What stands in the file, and what stands there in this test. */
  own(deployment: Deployment): Readonly<Record<string, string>>;
  env(deployment: Deployment): string;
  /** What the command is given besides. */
  flags?: readonly string[];
  /** A container that stays, as it is called in the end; undefined for one beside the file, on the same network. */
  neighbour?: string;
  /** Starts what the file uses and does not have. */
  around?(deployment: Deployment): Promise<unknown>;
  /** Names by which it reaches the web UI. */
  hosts(deployment: Deployment): readonly string[];
  /** What has to be in the stack besides. */
  moved?(deployment: Deployment): Promise<void>;
}

const CASES: Readonly<Record<string, Case>> = {
  tutorial: {
    own: ({ stack, valkey, webui, port, network }) => ({
      'name: chat': `name: ${stack}`,
      'docker.io/valkey/valkey:8.0.1-alpine': IMAGES.valkey,
      'ghcr.io/open-webui/open-webui:main': IMAGES.webui,
      'redis-valkey': valkey,
      'container_name: open-webui': `container_name: ${webui}`,
      '3000:8080': `${port}:8080`,
      'external: true': `external: true, name: ${network}`,
    }),
    env: () => '',
    hosts: ({ webui }) => ['ui', webui],
  },
  proxy: {
    own: ({ stack, valkey, valkeyVolume, port }) => ({
      // It shall only be there.
      'nginxproxy/nginx-proxy:1.6.4': `${IMAGES.valkey}\n    command: sleep 1d`,
      'postgres:17': POSTGRES,
      'docker.io/valkey/valkey:8.0.1-alpine': IMAGES.valkey,
      'ghcr.io/open-webui/open-webui:0.6.5': older(stack),
      'redis-valkey': valkey,
      chat_redis: valkeyVolume,
      '3000:8080': `${port}:8080`,
      'https://s3.example.com': 'http://bucket:9000',
    }),
    env: () =>
      `DB_PASSWORD=pw-of-the-database\nSESSION_KEY=${KEY}\nS3_ID=id\nS3_KEY=key-of-the-bucket\nMODEL_KEY=key-of-the-models\n`,
    flags: ['--webui-image', IMAGES.webui],
    neighbour: 'db',
    around: ({ stack }) =>
      docker(
        ...['run', '--detach', '--name', `bucket-${stack}`, '--label', labelOf(stack), '--network', `${stack}_default`],
        ...['--network-alias', 'bucket', IMAGES.webui, 'python3', '-c', BUCKET],
      ),
    hosts: () => ['ui'],
    async moved({ webui }) {
      const { Config } = await inspect('container', webui);
      // What nginx-proxy looks for on the engine, and nothing else.
      expect(Config.Env).toEqual(expect.arrayContaining(['VIRTUAL_HOST=chat.example.com']));
      expect(JSON.stringify(Config)).not.toMatch(/pw-of-the-database|key-of-the/);
    },
  },
  folder: {
    own: ({ stack, webui, network }) => ({
      'name: chat': `name: ${stack}`,
      'ghcr.io/open-webui/open-webui:0.9.5': IMAGES.webui,
      'container_name: open-webui': `container_name: ${webui}`,
      'external: true': `external: true, name: ${network}`,
    }),
    env: ({ port }) => `UI_PORT=${port}\nWEBUI_SECRET_KEY="${KEY}"\n`,
    flags: ['--valkey-image', IMAGES.valkey],
    hosts: ({ webui }) => ['ui', webui],
    async moved({ webui }) {
      const { HostConfig, Config } = await inspect('container', webui);
      expect([HostConfig.ReadonlyRootfs, HostConfig.CapDrop, Config.User]).toEqual([true, ['ALL'], '1000:1000']);
    },
  },
};

const made: Deployment[] = [];

/** Writes the files of a case, with what they need on the engine: a deployment that is yet to be started. */
async function prepare(name: string, { own, env }: Case) {
  const deployment = await Deployment.create(name);
  made.push(deployment);
  const { dir, stack, network } = deployment;
  // What makes a stack of it writes its file itself.
  rmSync(join(dir, `Pulumi.${stack}.yaml`));
  const folder = join(dir, stack);
  mkdirSync(join(folder, 'data'), { recursive: true });
  const text = Object.entries(own(deployment)).reduce((all, [from, to]) => {
    if (!all.includes(from)) throw new Error(`${name}.yml has no ${from}`);
    return all.replaceAll(from, to);
  }, fixture(name));
  writeFileSync(join(folder, 'compose.yml'), text);
  writeFileSync(join(folder, '.env'), env(deployment));
  await docker('network', 'create', '--label', labelOf(stack), network);
  await inFolder(folder, 'chown', `${WEBUI_USER.user}:${WEBUI_USER.group}`, '/folder/data');
  return { deployment, folder, compose: new ComposeProject(folder, stack), mover: new Mover(deployment) };
}

/** Runs a program as root on a folder that other users have files in. */
const inFolder = (folder: string, program: string, ...args: string[]) =>
  docker('run', '--rm', '--volume', `${folder}:/folder`, '--entrypoint', program, IMAGES.valkey, ...args);

afterAll(async () => {
  for (const { stack, dir } of made) {
    await removeObjectsOf(stack);
    await docker('image', 'rm', '--force', older(stack));
    await inFolder(join(dir, stack), 'chmod', '-R', 'a+rwX', '/folder');
    rmSync(dir, { recursive: true, force: true });
  }
});

it.each(Object.keys(CASES))('%s moves to a stack and back: users stay signed in, nothing is lost', async (name) => {
  const given = CASES[name] as Case;
  const { deployment, compose, mover, folder } = await prepare(name, given);
  const { dir, network, stack } = deployment;
  await docker('tag', IMAGES.webui, older(stack));
  await compose.up();
  await given.around?.(deployment);
  const beside = `sidecar-${stack}`;
  const neighbour = given.neighbour === undefined ? beside : compose.container(given.neighbour);
  if (neighbour === beside) {
    const labelled = ['run', '--detach', '--name', beside, '--label', labelOf(stack), '--network', network];
    await docker(...labelled, IMAGES.valkey, 'sleep', '1d');
  }
  await mover.begin();
  const reaches = async () => {
    for (const host of given.hosts(deployment))
      expect(await mover.from(neighbour, host, '/api/v1/chats/?page=1')).toContain(TITLE);
  };
  await reaches();

  const before = await mover.containers();
  const flags = given.flags ?? [];
  const said = await deployment.run('node', ['cli/main.ts', 'new-stack', stack, '--from-compose', folder, ...flags]);
  expect(said).toMatchObject({ code: 0, stdout: expect.not.stringContaining('Cannot move') });
  expect(await mover.containers()).toBe(before);
  const file = readFileSync(join(dir, `Pulumi.${stack}.yaml`), 'utf8');
  for (const line of given
    .env(deployment)
    .split('\n')
    .filter((one) => /KEY|PASSWORD/.test(one)))
    expect((file + said.stdout + said.stderr).includes(line.replaceAll(/^\w+=|"/g, ''))).toBe(false);

  await mover.type(way(said.stdout), compose);
  expect(await mover.missing()).toEqual([]);
  await reaches();
  expect((await deployment.verify(VERIFY)).checks.filter(({ ok, notProved }) => !ok || notProved)).toEqual([]);
  await given.moved?.(deployment);
  expect(await deployment.refused()).toEqual([]);

  await mover.type(wayBack(said.stdout), compose);
  await mover.page();
  expect(await mover.missing()).toEqual([]);
  await reaches();
});
