/** The package from programs that know nothing of this project's code: one in YAML, and one in TypeScript with the SDK that Pulumi makes. */

import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WEBUI_SECRETS } from '../../core/webui.ts';
import { Session } from '../../ops/webui.ts';
import { root } from '../support/checkout.ts';
import { DATABASE_IMAGE, IMAGES, pulumiEnvironment } from '../support/deployment.ts';
import { docker, objectsOf, removeObjectsOf } from '../support/docker.ts';
import { copyPackage, Example, run } from '../support/languages.ts';
import { upload } from '../support/people.ts';
import { s3Program } from '../support/s3.ts';

jest.setTimeout(600_000);

const KEY = 'sk-only-for-this-test-0123456789';

describe('the package', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'open-webui-package-'));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('says the schema that is in the repository', async () => {
    const folder = copyPackage(dir);
    // All that npm needs, so that no registry is asked.
    await run('cp', ['-a', join(root, 'node_modules'), join(folder, 'node_modules')], { cwd: dir });
    const env = { ...pulumiEnvironment(dir), npm_config_offline: 'true' };
    const said = JSON.parse(await run('pulumi', ['package', 'get-schema', folder], { cwd: dir, env }));
    const written = JSON.parse(readFileSync(join(root, 'package', 'schema.json'), 'utf8'));
    expect(said).toEqual({ config: {}, ...written });
  });
});

describe('a program in YAML', () => {
  let yaml: Example;
  beforeAll(async () => {
    yaml = await Example.create('yaml');
    await yaml.init();
  });
  afterAll(() => yaml?.remove());

  it('gets one error for a wrong input before anything exists, in the words of a stack file', async () => {
    await yaml.configure({ port: 70_000 });
    const said = await yaml.pulumi('preview').catch(({ message }: Error) => message);
    await yaml.configure({ port: yaml.port });
    // Pulumi indents what it repeats.
    expect(
      said.replaceAll(/^ {4}| +$/gm, ''),
    ).toContain(`1 input in the program cannot be used. Nothing was created or changed.

  chat:webui.publish.port
    given:   70000
    allowed: a whole number from 1 to 65535
    to do:   choose a free port of the Docker host
`);
    expect(await objectsOf(yaml.stack)).toEqual({ containers: [], networks: [], volumes: [] });
  });

  it('deploys a chat for which verify holds, locked down as it asks', async () => {
    await yaml.up();
    const { held, failed } = await yaml.verify();
    expect(failed).toEqual([]);
    expect(held).toContain('websocket');
    expect(await yaml.nameOfPage()).toBe('Chat in YAML');
    const { webui } = (await yaml.outputs())['servers'] as Record<string, { container: string }>;
    expect(await docker('inspect', '--format', '{{.HostConfig.ReadonlyRootfs}}', webui?.container as string)).toBe(
      'true',
    );
  });

  it('shows no change in a second preview, and no drift', async () => {
    await yaml.pulumi('preview', '--expect-no-changes');
    await yaml.pulumi('refresh', '--yes', '--skip-preview', '--expect-no-changes');
  });

  it('is proved by verify', async () => {
    const { code, stdout } = await yaml.command('verify', '--json');
    const { ok, checks } = JSON.parse(stdout);
    expect([code, ok, checks.map(({ name }: { name: string }) => name)]).toEqual([
      ...[0, true, expect.arrayContaining(['access', 'websocket'])],
    ]);
  });

  it('is looked at by drift, which says what repairs it', async () => {
    expect(await yaml.command('drift')).toMatchObject({ code: 0 });
    const container = `chat-webui-${yaml.stack}`;
    await docker('update', '--memory', '3g', '--memory-swap', '3g', container);
    const { code, stdout } = await yaml.command('drift');
    expect(stdout).toContain(`- container ${container}: memory is 3072 MiB; expected: 4096 MiB`);
    expect(code).toBe(1);
    const [, urn = ''] = /^pulumi up --replace '(\S+)' repairs it\.$/m.exec(stdout) ?? [];
    await yaml.pulumi('up', '--yes', '--skip-preview', '--replace', urn);
    expect(await yaml.command('drift')).toMatchObject({ code: 0 });
  });

  it('goes back to a backup', async () => {
    const { adminEmail, adminPassword } = (await yaml.outputs()) as Record<string, string>;
    const chats = async () => {
      const session = await Session.signIn(yaml.origin, adminEmail as string, adminPassword as string);
      return { session, count: ((await session.request('GET', '/api/v1/chats/')) as unknown[]).length };
    };
    const made = await yaml.command('backup');
    const [, file = ''] = /--from (\S+)$/m.exec(made.stdout) ?? [];
    expect([made.code, file.startsWith(yaml.path('backups'))]).toEqual([0, true]);
    const { session } = await chats();
    await session.request('POST', '/api/v1/chats/new', { chat: { title: 'After the backup' } });
    expect((await chats()).count).toBe(1);
    expect(await yaml.command('restore', '--from', file, '--yes')).toMatchObject({ code: 0 });
    expect((await chats()).count).toBe(0);
    expect(await yaml.command('restore', '--back', '--yes')).toMatchObject({ code: 0 });
    expect((await chats()).count).toBe(1);
    await yaml.pulumi('preview', '--expect-no-changes');
  });

  it('is left to Pulumi by what has no command for it', async () => {
    const { code, stderr } = await yaml.command('rotate', '--secret', 'valkey');
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining("rotate works only on stacks of this project's own program"),
    ]);
    const none = await yaml.command('verify', '--component', 'shop');
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining(`has no shop. There is: chat.`)]);
  });

  it('changes what it changes, and nothing else', async () => {
    await yaml.configure({ name: 'Another name' });
    expect(await yaml.up()).toMatch(/replace/);
    expect(await yaml.nameOfPage()).toBe('Another name');
  });

  it('leaves nothing but the volumes', async () => {
    await yaml.pulumi('destroy', '--yes', '--skip-preview');
    expect(await objectsOf(yaml.stack)).toEqual({
      containers: [],
      networks: [],
      volumes: [`chat-valkey-${yaml.stack}`, `chat-webui-${yaml.stack}`],
    });
  });
});

describe('a program in TypeScript that knows the SDK alone', () => {
  let program: Example;
  beforeAll(async () => {
    program = await Example.create('typescript');
    await program.link();
    await program.init({ openaiKey: { secure: KEY } });
  });
  afterAll(() => program?.remove());

  const compile = (...args: string[]) => program.compile(...args);

  it('has types, which refuse what the component does not take', async () => {
    const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--moduleDetection', 'force'];
    await compile(...options, 'index.ts');
    writeFileSync(
      join(program.dir, 'wrong.ts'),
      `import { Deployment } from '@pulumi/openwebui';
new Deployment('a', { hardening: 'loose' });
new Deployment('b', { webui: { publish: { port: '3000' } } });
new Deployment('c', { webui: { imge: 'local/open-webui' } });
`,
    );
    const said = await compile(...options, 'wrong.ts').catch(({ message }: Error) => message);
    expect(said.match(/^wrong\.ts\(\d+/gm)).toEqual([2, 3, 4].map((line) => `wrong.ts(${line}`));
  });

  it('deploys a chat for which verify holds', async () => {
    await program.up();
    const { held, failed } = await program.verify();
    expect(failed).toEqual([]);
    expect(held).toContain('websocket');
  });

  it('keeps what is secret out of preview, state and docker inspect', async () => {
    const container = `chat-webui-${program.stack}`;
    expect(await docker('exec', container, 'cat', WEBUI_SECRETS)).toContain(`OPENAI_API_KEY='${KEY}'`);
    const [preview, state, seen] = [
      await program.pulumi('preview', '--diff', '--refresh'),
      await program.pulumi('stack', 'export'),
      await docker('inspect', container),
    ];
    expect([preview, state, seen].filter((text) => text.includes(KEY))).toEqual([]);
  });

  it('shows no change in a second preview', async () => {
    await program.pulumi('preview', '--expect-no-changes');
  });

  it('changes, after a backup where another image takes over the data', async () => {
    const image = `local/open-webui:${program.stack}`;
    mkdirSync(program.path('image'));
    writeFileSync(join(program.path('image'), 'Dockerfile'), `FROM ${IMAGES.webui}\nLABEL of=tests\n`);
    await docker('build', '--quiet', '--tag', image, program.path('image'));
    try {
      await program.configure({ name: 'Another name', webuiImage: image });
      expect(await program.up()).toContain(`a backup was made before ${image} takes over the data`);
      const [backup = '', ...others] = readdirSync(program.path('backups'));
      expect(others).toEqual([]);
      expect(await program.nameOfPage()).toBe('Another name');
      // Back to the release of the backup, by the program.
      await program.configure({ webuiImage: IMAGES.webui });
      const from = join(program.path('backups'), backup);
      expect(await program.command('restore', '--from', from, '--update', '--yes')).toMatchObject({ code: 0 });
      const running = ['inspect', '--format', '{{.Config.Image}}', `chat-webui-${program.stack}`];
      expect(await docker(...running)).toBe(IMAGES.webui);
      await program.pulumi('preview', '--expect-no-changes');
    } finally {
      await program.pulumi('destroy', '--yes', '--skip-preview');
      await docker('rmi', image);
    }
  });

  it('leaves nothing but the volumes', async () => {
    expect(await objectsOf(program.stack)).toMatchObject({ containers: [], networks: [] });
  });
});

/** Everything that can come from elsewhere does: name, address, variables, secret ones among them. */
const OUTPUTS_OF_OTHERS = `import * as openwebui from '@pulumi/openwebui';
import * as pulumi from '@pulumi/pulumi';
import * as random from '@pulumi/random';
const config = new pulumi.Config();
const pet = new random.RandomPet('pet');
const key = new random.RandomPassword('key', { length: 24, special: false });
const chat = new openwebui.Deployment('chat', {
  valkey: { image: config.get('valkeyImage') },
  network: { name: pulumi.interpolate\`net-\${pet.id}-\${pulumi.getStack()}\` },
  webui: {
    image: config.get('webuiImage'),
    name: pulumi.interpolate\`web-\${pet.id}-\${pulumi.getStack()}\`,
    url: pulumi.interpolate\`https://\${pet.id}.example.com\`,
    publish: { port: config.requireNumber('port') },
    admin: { email: pulumi.interpolate\`\${pet.id}@example.com\` },
    env: { WEBUI_NAME: pet.id },
    secretEnv: { OPENAI_API_KEY: key.result },
  },
});
export const { url, adminEmail, adminPassword, networks, servers } = chat;
export const [petId, keyText] = [pet.id, key.result];
`;

describe('outputs of other resources', () => {
  let program: Example;
  beforeAll(async () => {
    program = await Example.create('typescript');
    await program.link();
    writeFileSync(program.path('index.ts'), OUTPUTS_OF_OTHERS);
    await program.init({ openaiKey: { secure: KEY } });
  });
  afterAll(() => program?.remove());

  it('are inputs like others, and a preview says which it does not know yet', async () => {
    const said = await program.pulumi('preview');
    expect(said).toContain('webui.name');
    expect(said).toContain('network.name');
    expect(said).toMatch(/Not known before the update, so this preview shows their defaults/);
    await program.up();
    const { petId, keyText, url, adminEmail, networks, servers } = (await program.outputs()) as Record<string, string>;
    const container = `web-${petId}-${program.stack}`;
    expect({ url, adminEmail, networks }).toEqual({
      ...{ url: `https://${petId}.example.com`, adminEmail: `${petId}@example.com` },
      networks: [`net-${petId}-${program.stack}`],
    });
    expect(servers).toMatchObject({ webui: { container } });
    expect(await program.nameOfPage()).toBe(petId);
    expect(await docker('exec', container, 'cat', WEBUI_SECRETS)).toContain(`OPENAI_API_KEY='${keyText}'`);
    await program.pulumi('preview', '--expect-no-changes');
    await program.pulumi('destroy', '--yes', '--skip-preview');
  });
});

describe('a chat beside a Postgres and a bucket of the same program', () => {
  let beside: Example;
  let filesImage: string;

  /** The image of the S3 server, as its makers' own one has the program. */
  async function buildFilesImage(): Promise<void> {
    filesImage = `local/versitygw:${beside.stack}`;
    mkdirSync(beside.path('image'));
    copyFileSync(await s3Program(), join(beside.path('image'), 'versitygw'));
    writeFileSync(
      join(beside.path('image'), 'Dockerfile'),
      `FROM ${IMAGES.valkey}\nCOPY versitygw /usr/local/bin/versitygw\nUSER root\n`,
    );
    await docker('build', '--quiet', '--tag', filesImage, beside.path('image'));
  }

  beforeAll(async () => {
    beside = await Example.create('beside');
    await beside.link();
    await buildFilesImage();
    await beside.init({ databaseImage: DATABASE_IMAGE, filesImage });
  });
  afterAll(async () => {
    // Its database and its bucket have no labels by which a test finds what is left.
    await beside?.pulumi('destroy', '--yes', '--skip-preview').catch(() => undefined);
    await beside?.remove();
    if (filesImage) await docker('rmi', filesImage);
  });

  it('is previewed before there is one, and says what it does not know yet', async () => {
    const said = await beside.pulumi('preview');
    expect(said).toContain(`The network "database-${beside.stack}" does not exist yet`);
    expect(said).toMatch(/docker:index:Container\s+chat-webui-container\s+create/);
    expect((await objectsOf(beside.stack)).containers).toEqual([]);
  });

  it('waits for both, and has its data there', async () => {
    await beside.up();
    const { held, failed } = await beside.verify();
    expect(failed).toEqual([]);
    expect(held).toEqual(expect.arrayContaining(['database', 'files']));
    expect((await beside.outputs())['servers']).toMatchObject({ webui: { database: 'postgres', bucket: 'chat' } });
    const sql = 'select count(*) from "user"';
    const psql = ['psql', '--tuples-only', '--no-align', '--username', 'chat', '--command', sql];
    expect(await docker('exec', `database-${beside.stack}`, ...psql)).toBe('1');
  });

  it('puts an uploaded file into the bucket, and keeps the keys to itself', async () => {
    const outputs = await beside.outputs();
    const session = await Session.signIn(
      beside.origin,
      outputs['adminEmail'] as string,
      outputs['adminPassword'] as string,
    );
    const id = await upload(session, 'notes.txt', new TextEncoder().encode('written beside'));
    const chat = `chat-webui-${beside.stack}`;
    const at = `/data/chat/${chat}/${id}_notes.txt`;
    expect(await docker('exec', `files-${beside.stack}`, 'cat', at)).toBe('written beside');
    const [, secret = ''] =
      /^S3_SECRET_ACCESS_KEY='(.*)'$/m.exec(await docker('exec', chat, 'cat', WEBUI_SECRETS)) ?? [];
    expect(secret).toHaveLength(32);
    expect((await docker('inspect', chat)).includes(secret)).toBe(false);
    await beside.pulumi('preview', '--expect-no-changes');
  });

  it('goes before them', async () => {
    await beside.pulumi('destroy', '--yes', '--skip-preview');
    expect(await docker('ps', '--all', '--quiet', '--filter', `name=${beside.stack}`)).toBe('');
  });
});

describe('a stack for each customer', () => {
  let customers: Example;
  const NAMES = ['northwind', 'fabrikam'] as const;
  const stackOf = (name: string) => `${name}-${customers.stack}`;
  beforeAll(async () => {
    customers = await Example.create('customers');
    await customers.link();
  });
  afterAll(async () => {
    if (!customers) return;
    for (const name of NAMES) await removeObjectsOf(stackOf(name));
    await customers.remove();
  });

  /** Runs the program of the example; never fails by itself. */
  async function program(command: string, ports: readonly number[]) {
    const list = NAMES.map((name, index) => ({
      ...{ name: stackOf(name), port: ports[index], email: `it@${name}.example.com` },
      images: { valkey: IMAGES.valkey, webui: IMAGES.webui },
    }));
    writeFileSync(join(customers.dir, 'customers.json'), JSON.stringify(list));
    const { code, stdout } = await customers.start('node', ['index.ts', command]);
    const happenings = stdout
      .trim()
      .split('\n')
      .map(
        (line) =>
          JSON.parse(line) as {
            customer: string;
            kind: string;
            message?: string;
            url?: string;
            adminPassword?: string;
          },
      );
    const of = (name: string, kind: string) =>
      happenings.filter((one) => one.customer === stackOf(name) && one.kind === kind);
    return { code, of };
  }

  it('is deployed though another one cannot be, with progress and reasons as data', async () => {
    const { code, of } = await program('up', [customers.port, 70_000]);
    expect(code).toBe(1);
    expect(of('northwind', 'failed')).toEqual([]);
    const [deployed] = of('northwind', 'deployed');
    expect(deployed?.url).toBe(customers.origin);
    await Session.signIn(customers.origin, 'it@northwind.example.com', deployed?.adminPassword as string);
    expect(of('northwind', 'progress').length).toBeGreaterThan(10);
    const [failed] = of('fabrikam', 'failed');
    expect(failed?.message).toContain('chat:webui.publish.port');
    expect(await objectsOf(stackOf('fabrikam'))).toEqual({ containers: [], networks: [], volumes: [] });
  });

  it('is removed by itself', async () => {
    const { code, of } = await program('destroy', [customers.port, 70_000]);
    expect([code, of('northwind', 'destroyed').length]).toEqual([0, 1]);
    expect((await objectsOf(stackOf('northwind'))).containers).toEqual([]);
  });
});
