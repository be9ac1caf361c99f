/** The package for other languages: what its schema says, what it makes of inputs, and that what is committed is what the code gives. */

import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { manifestFor, writePackage } from '../../cli/package.ts';
import { gather } from '../../package/inputs.ts';
import { packageSchema } from '../../package/schema.ts';
import { inputsOf, readInputs } from '../../package/settings.ts';
import { parse } from '../../settings/parse.ts';
import { rowsOf } from '../../settings/reference.ts';
import { schemaFor } from '../../settings/schema.ts';
import { source } from '../support/settings.ts';

const root = join(__dirname, '..', '..');
const own = (...path: string[]) => readFileSync(join(root, ...path), 'utf8');

interface Property {
  type?: string;
  $ref?: string;
  items?: Property;
  additionalProperties?: Property;
  description: string;
  secret?: boolean;
}
const schema = packageSchema(JSON.parse(own('package.json'))) as unknown as {
  types: Record<string, { properties?: Record<string, Property>; enum?: { value: string }[]; description: string }>;
  resources: Record<string, { inputProperties: Record<string, Property>; properties: Record<string, Property> }>;
};
const [deployment] = Object.values(schema.resources);
const typeOf = (ref: string) => schema.types[ref.replace('#/types/', '')];

/** Every input, by its path: through objects, lists and maps. */
function inputsIn(properties: Record<string, Property>, above = ''): [string, Property][] {
  return Object.entries(properties).flatMap(([key, property]): [string, Property][] => {
    const inner = [property, property.items, property.additionalProperties].find((one) => one?.$ref)?.$ref;
    const below = inner === undefined ? {} : (typeOf(inner)?.properties ?? {});
    return [[above + key, property], ...inputsIn(below, `${above}${key}.`)];
  });
}
const inputs = new Map(inputsIn(deployment?.inputProperties ?? {}));

describe('the schema', () => {
  it('has an input for every setting, and one more for what stands otherwise in a stack file', () => {
    const settings = rowsOf(schemaFor('x')).map(({ path }) => path);
    expect(settings.filter((path) => !inputs.has(path))).toEqual([]);
    const others = [...inputs.keys()].filter(
      (path) => !settings.includes(path) && !settings.some((one) => one.startsWith(`${path}.`)),
    );
    expect(others.filter((path) => !/(\.(networks|mounts|ulimits)|^registries)\./.test(path))).toEqual([
      'webui.publish.enabled',
      'webui.secretEnv',
    ]);
  });

  it('describes every input, every type and every output', () => {
    const all = [...inputs, ...Object.entries(deployment?.properties ?? {}), ...Object.entries(schema.types)];
    expect(all.filter(([, { description }]) => !/^[A-Z].*\w/.test(description)).map(([name]) => name)).toEqual([]);
  });

  it('refers to no type that is not there, and has none that nothing refers to', () => {
    const refs = new Set([...JSON.stringify(schema).matchAll(/#\/types\/([\w:]+)/g)].map(([, name]) => name));
    expect([...refs].sort()).toEqual(Object.keys(schema.types).sort());
  });

  it('has whole numbers, closed sets, and no secret that is none', () => {
    expect(inputs.get('webui.publish.port')?.type).toBe('integer');
    expect(inputs.get('webui.cpus')?.type).toBe('number');
    expect(typeOf(inputs.get('gateway.tls')?.$ref ?? '')?.enum?.map(({ value }) => value)).toEqual([
      'acme',
      'internal',
      'files',
      'off',
    ]);
    const secret = [...inputs].filter(([, one]) => one.secret).map(([path]) => path);
    expect(secret).toEqual([
      ...[
        'registries.password',
        'webui.sessionKey',
        'webui.secretEnv',
        'database.url',
        'storage.secretKey',
        'gateway.certificates.key',
      ],
    ]);
  });

  it('names in a default the deployment and the stack', () => {
    expect(inputs.get('webui.name')?.description).toContain('Default: NAME-webui-STACK.');
  });
});

describe('what is committed', () => {
  let dir: string;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'package-'));
    mkdirSync(join(dir, 'package'));
    await writePackage(root, join(dir, 'package'), process.env);
  }, 120_000);
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  /** Texts of all that is built, by their paths. */
  const built = (folder: string) => {
    const files = globSync(['bin/**/*.*', 'schema.json', 'package.json'], { cwd: folder }).sort();
    return Object.fromEntries(files.map((file) => [file, readFileSync(join(folder, file), 'utf8')]));
  };

  it('is what the code gives: npm run package writes it', () => {
    const [fresh, committed] = [built(join(dir, 'package')), built(join(root, 'package'))];
    expect(Object.keys(fresh).length).toBeGreaterThan(100);
    expect(Object.keys(committed)).toEqual(Object.keys(fresh));
    expect(Object.keys(fresh).filter((file) => committed[file] !== fresh[file])).toEqual([]);
  });

  it('names no command that only a checkout of this project has', () => {
    // The words of a stack file, and what is written into generated files.
    const others = ['bin/settings/origin.js', 'bin/settings/reference.js'];
    // Scripts of containers are inputs: another word in one would replace every container that has it.
    const texts = Object.entries(built(join(dir, 'package'))).filter(([file]) => !file.endsWith('.sh'));
    const naming = texts.flatMap(([file, text]) => (/npm run/.test(text) ? [file] : []));
    expect(naming.filter((file) => !others.includes(file))).toEqual([]);
    const { commands } = inputsOf('chat');
    expect(Object.values({ ...commands, restore: commands.restore('FILE') }).join('\n')).not.toMatch(/npm run/);
  });

  it('is found by Node.js under the name of its folder, beside package.json', () => {
    expect(require.resolve(join(root, 'package'))).toBe(join(root, 'package.js'));
    cpSync(join(root, 'package', 'package.json'), join(dir, 'package.json'));
    const { main } = JSON.parse(own('package', 'package.json')) as { main: string };
    expect(own('package.js')).toContain(`'./package/${main}'`);
  });

  it('asks npm for what it imports, in the versions of the program', () => {
    const program = JSON.parse(own('package.json'));
    expect(manifestFor(program, ['zod'])['dependencies']).toEqual({ zod: program.dependencies.zod });
    expect(() => manifestFor(program, ['left-pad'])).toThrow('left-pad is imported by the package');
  });
});

/** An output that is not known before the update. */
const unknown = (secret = false) =>
  new (pulumi.Output as unknown as new (...args: unknown[]) => pulumi.Output<string>)(
    [],
    Promise.resolve(undefined),
    Promise.resolve(false),
    Promise.resolve(secret),
    Promise.resolve([]),
  );

const of = { deployment: 'chat', project: 'shop', stack: 'dev' };
const read = async (given: pulumi.Inputs) => readInputs(await gather(given), of);
const refusal = (given: pulumi.Inputs) =>
  read(given).then(
    () => '',
    ({ message }: Error) => message,
  );

describe('a wrong input', () => {
  /** What is said of each, without the first line. */
  const problems = (text: string) => text.split('\n').slice(1).join('\n');
  const ofStackFile = (given: Record<string, unknown>) => {
    try {
      parse(source(given));
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };
  it.each([
    ['a port', { webui: { publish: { port: 70_000 } } }, 'webui.publish.port'],
    ['an image of Redis', { valkey: { image: 'redis:7' } }, 'valkey.image'],
    ['several processes with SQLite', { webui: { env: { UVICORN_WORKERS: '2' } } }, 'webui.env.UVICORN_WORKERS'],
  ])('%s is refused with the words of a stack file, by its own name', async (_, given, name) => {
    const said = problems(ofStackFile(given));
    expect(said).toContain(`  open-webui:${name}\n`);
    expect(problems(await refusal(given))).toBe(said.replace(`open-webui:${name}`, `chat:${name}`));
  });
});

describe('inputs', () => {
  it('that are left out have the defaults of a stack file, and names of their own', async () => {
    const { webui, valkey, network, gateway } = await read({});
    expect([webui.name, webui.volume, valkey.name, valkey.volume, network.name, gateway.name]).toEqual([
      ...['chat-webui-dev', 'chat-webui-dev', 'chat-valkey-dev', 'chat-valkey-dev', 'chat-dev', 'chat-gateway-dev'],
    ]);
    expect(webui.publish).toEqual({ port: 3000, address: '127.0.0.1' });
  });

  it('may be outputs anywhere, also of undefined', async () => {
    const { webui, hardening } = await read({
      hardening: pulumi.output('strict'),
      webui: pulumi.output({
        publish: { port: pulumi.output(8080), address: [pulumi.output('0.0.0.0')] },
        hostname: undefined,
      }),
    });
    expect([hardening, webui.publish, webui.hostname]).toEqual([
      'strict',
      { port: 8080, address: ['0.0.0.0'] },
      undefined,
    ]);
  });

  it.each([
    ['a switch for no port', { webui: { publish: { enabled: false } } }, 'publish', 'none'],
    [
      'a switch for a port',
      { webui: { publish: { enabled: true, port: 8080 } } },
      'publish',
      { port: 8080, address: '127.0.0.1' },
    ],
    ['all GPUs', { webui: { gpus: 'all' } }, 'gpus', 'all'],
    ['a number of GPUs', { webui: { gpus: '2' } }, 'gpus', 2],
    ['GPUs by their ids', { webui: { gpus: 'device=0,2' } }, 'gpus', ['0', '2']],
  ])('have one kind of value where a stack file has several: %s', async (_, given, key, expected) => {
    const { webui } = (await read(given)) as unknown as { webui: Record<string, unknown> };
    expect(webui[key]).toEqual(expected);
  });

  it('leave a header out that is empty', async () => {
    const gateway = { domain: ['chat.example.com'], headers: { 'X-Frame-Options': '' } };
    expect((await read({ gateway })).gateway.headers).toEqual({ 'X-Frame-Options': false });
  });

  it('with a gateway publish the page nowhere else', async () => {
    expect((await read({ gateway: { domain: ['chat.example.com'] } })).webui.publish).toBe('none');
  });

  it('keep a variable that is a secret, whichever way it is one', async () => {
    const { env, secretEnv } = (
      await read({ webui: { env: { A: 'a', B: pulumi.secret('b') }, secretEnv: { C: 'c' } } })
    ).webui;
    expect([env, secretEnv]).toEqual([{ A: 'a' }, { B: 'b', C: 'c' }]);
  });

  it('that are wrong are all named at once, with what to do in a program', async () => {
    const said = await refusal({
      hardening: 'loose',
      webui: { memory: '4', env: { OPENAI_API_KEY: 'sk-0123456789abcdefghij' }, publsh: {} },
    });
    expect(said).toBe(`4 inputs in the program cannot be used. Nothing was created or changed.

  chat:hardening
    given:   "loose"
    allowed: standard or strict
    to do:   write standard, or leave it out

  chat:webui.memory
    given:   "4"
    allowed: a whole number, a space and MiB or GiB
    to do:   write it as "4 GiB"

  chat:webui.publsh
    given:   an object (there is no such setting)
    allowed: ${Object.keys((schemaFor('x').shape.webui as never as { unwrap(): { shape: object } }).unwrap().shape).join(', ')}
    to do:   did you mean "publish"?

  chat:webui.env.OPENAI_API_KEY
    given:   (not shown: it may be a secret) (in plain text it would show in the program, in previews and in docker inspect)
    allowed: a secret
    to do:   move it to webui.secretEnv, or pass a secret
`);
  });

  it('that are always secret are taken as they are, and never repeated', async () => {
    const url = 'postgresql://user:pa55word-in-clear@db/chat';
    expect(
      (await read({ database: { kind: 'postgres', url }, webui: { sessionKey: 'a-long-key-of-ones-own-0123' } }))
        .database.url,
    ).toBe(url);
    const said = await refusal({ database: { kind: 'postgres', url: 'mysql://user:pa55word-in-clear@db/chat' } });
    expect(said).toContain('to do:   pass a secret');
    expect(said).not.toContain('pa55word');
    expect(await refusal({ webui: { memory: pulumi.secret('hidden-value') } })).not.toContain('hidden-value');
  });

  it('that are not known yet do not stop a preview, and are looked at in the update', async () => {
    const given = {
      webui: { env: { A: unknown() }, publish: { port: unknown() } },
      database: { kind: 'postgres', url: unknown(true) },
    };
    const gathered = await gather(given);
    expect(gathered.unknown.map(({ path }) => path.join('.'))).toEqual([
      'webui.env.A',
      'webui.publish.port',
      'database.url',
    ]);
    const { webui, database } = readInputs(gathered, of);
    expect([Object.keys(webui.env), webui.publish, database.kind]).toEqual([
      ['A'],
      { port: 3000, address: '127.0.0.1' },
      'postgres',
    ]);
  });

  it('are secret as a list where one part is, and are none where a language writes null', async () => {
    const { values, secret } = await gather({
      webui: { command: ['bash', pulumi.secret('start.sh')], hostname: null, url: undefined },
    });
    expect(secret).toEqual([['webui', 'command']]);
    expect(values).toEqual({ webui: { command: ['bash', 'start.sh'] } });
  });

  it('name what has to exist before, also inside of lists', async () => {
    const one = new pulumi.DependencyResource('urn:pulumi:test::open-webui::a:b:C::one');
    const output = (from: pulumi.Resource) =>
      new (pulumi.Output as unknown as new (...args: unknown[]) => pulumi.Output<string>)(
        [from],
        Promise.resolve('a'),
        Promise.resolve(true),
        Promise.resolve(false),
        Promise.resolve([from]),
      );
    const { dependsOn } = await gather({ webui: { env: { A: output(one) }, command: [output(one)] } });
    expect(dependsOn).toEqual([one]);
  });
});
