/** Compose files are read as Compose reads them. */

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are the variables of Compose files

import { UserError } from '../../core/errors.mjs';
import { parseDotenv, parseRawEnv } from '../../ops/compose/file/dotenv.ts';
import { interpolate } from '../../ops/compose/file/interpolate.ts';
import { toBytes, toSeconds, wordsOf } from '../../ops/compose/file/quantities.ts';
import { find } from '../../ops/compose/find.ts';
import { fixture, read, removeProjects, webui } from '../support/compose.ts';

afterEach(removeProjects);

/** The error of something that must fail. */
function failure(run: () => unknown): { message: string; next: string | undefined } {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    const { message, next } = error as UserError;
    return { message, next };
  }
  throw new Error('nothing was refused');
}

const service = (files: Parameters<typeof read>[0], options?: Parameters<typeof read>[1]) => {
  const [first] = read(files, options).services;
  if (!first) throw new Error('no service');
  return first;
};

describe('variables', () => {
  const values: Record<string, string> = { A: 'a', EMPTY: '', NESTED: 'n' };
  const missing: string[] = [];
  const variables = {
    get: (name: string) => values[name],
    missing: (name: string, why?: string) => missing.push(why === undefined ? name : `${name}: ${why}`),
  };
  beforeEach(() => missing.splice(0));

  it.each([
    ['$A-${A}', 'a-a'],
    ['${NONE:-x}', 'x'],
    ['${EMPTY:-x}', 'x'],
    ['${EMPTY-x}', ''],
    ['${NONE-x}', 'x'],
    ['${A:+x}${NONE:+y}${EMPTY+z}${EMPTY:+w}', 'xz'],
    ['${NONE:-${A}-${NONE:-http://h:1/${NESTED}}}', 'a-http://h:1/n'],
    ['${A:?needed}', 'a'],
    ['$$A $${A}', '$A ${A}'],
    ['no variable', 'no variable'],
  ])('%s is %s', (text, expected) => {
    expect(interpolate(text, variables)).toBe(expected);
    expect(missing).toEqual([]);
  });

  it('without a value are empty, and named', () => {
    expect(interpolate('<$NONE|${NONE}|${EMPTY:?give it}|${NONE?}>', variables)).toBe('<|||>');
    expect(missing).toEqual(['NONE', 'NONE', 'EMPTY: give it', 'NONE: ']);
  });

  it.each(['cost: 5$', '${A', '${1}', '${A;b}', '$ A'])('"%s" has a "$" that begins none', (text) => {
    expect(failure(() => interpolate(text, variables))).toEqual({
      message: 'a "$" that does not begin a variable',
      next: 'write "$$" for a dollar sign',
    });
  });

  it('come from .env, where the environment does not say otherwise', () => {
    const file = webui('environment: { FROM_FILE: "$A", FROM_ENV: "$B" }');
    const { env } = service({ 'compose.yml': file, '.env': 'A=file\nB=file' }, { env: { B: 'env' } });
    expect(env).toEqual({ FROM_FILE: 'file', FROM_ENV: 'env' });
  });

  it('come from other files instead of .env', () => {
    const files = {
      'compose.yml': webui('environment: { A: "$A$B" }'),
      '.env': 'A=no',
      'a.env': 'A=1\nB=1',
      'b.env': 'B=2',
    };
    expect(service(files, { envFiles: ['a.env', 'b.env'] }).env).toEqual({ A: '12' });
  });
});

describe('files with variables', () => {
  const parse = (text: string) =>
    parseDotenv(text, { get: (name) => (name === 'OUT' ? 'out' : undefined), missing: () => {} });

  it.each<[string, Record<string, string>]>([
    ['A=plain value  ', { A: 'plain value' }],
    ['# comment\n\nexport A=1', { A: '1' }],
    ['A: colon', { A: 'colon' }],
    ['A=b=c', { A: 'b=c' }],
    ['A=', { A: '' }],
    ['A=a#b # comment', { A: 'a#b' }],
    ['A=#hash', { A: '#hash' }],
    ["A=it's", { A: "it's" }],
    ['A="x" # comment', { A: 'x' }],
    ['A="two\nlines"\nB=1', { A: 'two\nlines', B: '1' }],
    [String.raw`A="tab\t \"q\" \\ \$OUT"`, { A: 'tab\t "q" \\ $OUT' }],
    [String.raw`A='raw $OUT \n'`, { A: String.raw`raw $OUT \n` }],
    ['A=1\nB=${A}-$OUT-${NONE:-d}', { A: '1', B: '1-out-d' }],
    ['OUT\nNONE', { OUT: 'out' }],
    ['\uFEFFA=1\r\nB=2\r\n', { A: '1', B: '2' }],
  ])('%j', (text, expected) => expect(parse(text)).toEqual(expected));

  it.each([
    ['A=1\nnot a line', 'line 2 is not NAME=VALUE'],
    ['A="open', 'line 1 has an unclosed quote'],
  ])('refuse %j', (text, message) => expect(failure(() => parse(text)).message).toBe(message));

  it('may be raw', () => {
    const outside = { get: (name: string) => (name === 'OUT' ? 'out' : undefined), missing: () => {} };
    expect(parseRawEnv('# no\nA="q" $X\nOUT\nNONE\n', outside)).toEqual({ A: '"q" $X', OUT: 'out' });
  });

  it('are of a service: later ones count, and what it says itself', () => {
    const files = {
      'compose.yml': webui(
        'env_file: [a.env, { path: none.env, required: false }, b.env]',
        'environment: { C: own, OUT: , NONE: }',
      ),
      'a.env': 'A=a\nB=a\nC=a\nNONE=a',
      'b.env': 'B=b',
    };
    expect(service(files, { env: { OUT: 'out' } }).env).toEqual({ A: 'a', B: 'b', C: 'own', OUT: 'out' });
  });

  it('that are not there are named', () => {
    const { unknown } = read(webui('env_file: secrets.env', 'environment: { A: "${A}", B: "${B:?write it}" }'));
    expect(unknown.map(({ service, text }) => [service, text.replace(/file .*\/chat\//, 'file ')])).toEqual([
      ['ui', 'A has no value'],
      ['ui', 'B: write it has no value'],
      ['ui', 'the file secrets.env (services.ui.env_file) does not exist'],
    ]);
  });
});

it.each([
  ['512m', 512 * 1024 ** 2],
  ['1.5g', 1.5 * 1024 ** 3],
  ['2gb', 2 * 1024 ** 3],
  [1024, 1024],
  ['lots', undefined],
])('%s bytes', (text, expected) => expect(toBytes(text)).toBe(expected));

it.each([
  ['1m30s', 90],
  ['500ms', 0.5],
  ['1h', 3600],
  ['soon', undefined],
])('%s in seconds', (text, expected) => expect(toSeconds(text)).toBe(expected));

it('parts a command at its blanks, but for what is quoted', () => {
  expect(wordsOf(`sh -c "a \\"b\\" 'c'" 'd e' f\\ g --x="1 2"`)).toEqual([
    'sh',
    '-c',
    `a "b" 'c'`,
    'd e',
    'f g',
    '--x=1 2',
  ]);
});

describe('forms', () => {
  it('of ports', () => {
    const ports = service(
      webui(
        'ports:',
        '  - "3000:8080"',
        '  - 127.0.0.1:3001:8081/udp',
        '  - "[::1]:3002:8082"',
        '  - 8083',
        '  - 9000-9001:9000-9001',
        '  - { target: 80, published: "81", host_ip: 0.0.0.0 }',
      ),
    ).ports.map(({ address, published, target, protocol }) => [address, published, target, protocol]);
    expect(ports).toEqual([
      [undefined, 3000, 8080, 'tcp'],
      ['127.0.0.1', 3001, 8081, 'udp'],
      ['::1', 3002, 8082, 'tcp'],
      [undefined, undefined, 8083, 'tcp'],
      [undefined, 9000, 9000, 'tcp'],
      [undefined, 9001, 9001, 'tcp'],
      ['0.0.0.0', 81, 80, 'tcp'],
    ]);
  });

  it('of mounts', () => {
    const file = `${webui(
      'volumes:',
      '  - data:/app/backend/data',
      '  - ./a:/a:ro',
      '  - /b/:/b/',
      '  - /anonymous',
      '  - { type: bind, source: ./c, target: /c, read_only: true }',
      '  - { type: volume, source: named, target: /d }',
      '  - { type: tmpfs, target: /e }',
    )}volumes: { data: , named: { name: real } }`;
    const source = read(file);
    expect(source.services[0]?.mounts).toEqual([
      { kind: 'volume', name: 'chat_data', target: '/app/backend/data', readOnly: false },
      { kind: 'folder', folder: `${source.dir}/a`, target: '/a', readOnly: true },
      { kind: 'folder', folder: '/b', target: '/b', readOnly: false },
      { kind: 'volume', name: undefined, target: '/anonymous', readOnly: false },
      { kind: 'folder', folder: `${source.dir}/c`, target: '/c', readOnly: true },
      { kind: 'volume', name: 'real', target: '/d', readOnly: false },
    ]);
  });

  it('of names: lists and objects are the same', () => {
    const list = service(
      webui(
        'environment: [A=1, B=x=y]',
        'labels: [a=1]',
        'extra_hosts: ["h:10.0.0.1", "h6=[2001:db8::1]"]',
        'depends_on: [x]',
      ),
    );
    const object = service(
      webui(
        'environment: { A: 1, B: x=y }',
        'labels: { a: 1 }',
        'extra_hosts: { h: 10.0.0.1, h6: "2001:db8::1" }',
        'depends_on: { x: { condition: service_started } }',
      ),
    );
    expect(list).toEqual(object);
    expect(list).toMatchObject({
      env: { A: '1', B: 'x=y' },
      labels: { a: '1' },
      extraHosts: { h: '10.0.0.1', h6: '2001:db8::1' },
      dependsOn: ['x'],
    });
  });

  it('of limits, as Compose and as docker run have them', () => {
    const expected = { memory: 1024 ** 3, cpus: 1.5, pids: 100 };
    expect(service(webui('mem_limit: 1g', 'cpus: 1.5', 'pids_limit: 100'))).toMatchObject(expected);
    expect(service(webui('deploy: { resources: { limits: { memory: 1g, cpus: "1.5", pids: 100 } } }'))).toMatchObject(
      expected,
    );
  });

  it.each([
    ['gpus: all', 'all'],
    ['deploy: { resources: { reservations: { devices: [{ driver: nvidia, count: 2, capabilities: [gpu] }] } } }', 2],
    [
      'deploy: { resources: { reservations: { devices: [{ device_ids: ["0", "2"], capabilities: [gpu] }] } } }',
      ['0', '2'],
    ],
    ['runtime: nvidia', 'all'],
  ])('of GPUs: %s', (line, expected) => expect(service(webui(line)).gpus).toEqual(expected));
});

describe('several files', () => {
  const base = webui(
    'command: [a]',
    'environment: { A: 1, B: 1 }',
    'ports: ["1:8080"]',
    'volumes: [data:/app/backend/data, ./a:/a]',
    'logging: { driver: json-file, options: { max-size: 1m } }',
    'networks: { default: { aliases: [one] } }',
  );
  const volumes = 'volumes: { data: , other: }\n';

  it('add up, entry by entry', () => {
    const over = `${webui(
      'command: [b]',
      'environment: [B=2, C=2]',
      'ports: ["2:8080"]',
      'volumes: [other:/app/backend/data]',
      'logging: { driver: local }',
      'networks: { default: { aliases: [two] } }',
    )}${volumes}`;
    const one = service({ 'a.yml': base, 'b.yml': over }, { files: ['a.yml', 'b.yml'] });
    expect(one).toMatchObject({
      start: ['b'],
      env: { A: '1', B: '2', C: '2' },
      log: { driver: 'local', options: {} },
      networks: [{ network: 'chat_default', aliases: ['ui', 'one', 'two'] }],
    });
    expect(one.ports.map(({ published }) => published)).toEqual([1, 2]);
    expect(one.mounts.map((mount) => (mount.kind === 'volume' ? mount.name : mount.target))).toEqual([
      'chat_other',
      '/a',
    ]);
  });

  it('replace and take away by their tags', () => {
    const over = `${webui('ports: !override ["3:8080"]', 'environment: !reset null')}${volumes}`;
    const one = service({ 'a.yml': base, 'b.yml': over }, { files: ['a.yml', 'b.yml'] });
    expect([one.ports.map(({ published }) => published), one.env]).toEqual([[3], {}]);
  });

  it('of a folder are the first of its names, with its override', () => {
    const files = {
      'docker-compose.yml': webui('environment: { A: 1 }'),
      'docker-compose.override.yml': webui('environment: { B: 2 }'),
    };
    expect(service(files).env).toEqual({ A: '1', B: '2' });
    expect(service(files, { files: ['docker-compose.yml'] }).env).toEqual({ A: '1' });
  });

  it('extend each other, with the paths of each in its own folder', () => {
    const files = {
      'compose.yml': webui('extends: { file: sub/base.yml, service: base }', 'environment: { A: own }'),
      'sub/base.yml':
        'services:\n  root: { environment: { R: 1, A: 1 } }\n  base: { extends: root, image: base, env_file: b.env, volumes: ["./x:/x"] }',
      'sub/b.env': 'FILE=1',
    };
    const source = read(files);
    expect(source.services[0]).toMatchObject({
      image: 'ghcr.io/open-webui/open-webui:v0.12.4',
      env: { R: '1', A: 'own', FILE: '1' },
      mounts: [{ folder: `${source.dir}/sub/x` }],
    });
  });

  it('include others, with variables of their own', () => {
    const files = {
      'compose.yml': `include: [sub/compose.yml]\n${webui('networks: [back]')}`,
      'sub/compose.yml': 'services: { db: { image: "db:${TAG}", networks: [back] } }\nnetworks: { back: }',
      'sub/.env': 'TAG=17',
    };
    expect(read(files).services.map(({ name, image, networks }) => [name, image, networks[0]?.network])).toEqual([
      ['db', 'db:17', 'chat_back'],
      ['ui', 'ghcr.io/open-webui/open-webui:v0.12.4', 'chat_back'],
    ]);
  });

  it('share parts by anchors', () => {
    const text = `x-env: &env { A: 1, B: 1 }\n${webui('environment: { <<: *env, B: 2 }')}`;
    expect(service(text).env).toEqual({ A: '1', B: '2' });
  });
});

describe('names', () => {
  const text = (head: string) =>
    `${head}${webui('networks: [default, own, there]')}networks: { own: { name: real }, there: { external: true } }`;
  const networks = (...given: Parameters<typeof read>) =>
    read(...given).services[0]?.networks.map(({ network }) => network);

  it('of networks follow from the project, unless they are given', () => {
    expect(networks(text(''))).toEqual(['chat_default', 'real', 'there']);
    expect(networks(text('name: other\n'))).toEqual(['other_default', 'real', 'there']);
    expect(networks(text('name: other\n'), { env: { COMPOSE_PROJECT_NAME: 'env' } })?.[0]).toBe('env_default');
    expect(networks(text('name: other\n'), { projectName: 'flag' })?.[0]).toBe('flag_default');
  });

  it('of images that Compose builds follow from it as well', () => {
    const { image, built } = service('services: { ui: { build: . , volumes: ["./d:/app/backend/data"] } }');
    expect([image, built]).toEqual(['chat-ui', true]);
  });
});

it('takes $PWD for the folder of the file, where Compose is run', () => {
  const source = read(webui('volumes: ["${PWD}/data:/app/backend/data"]'), { env: { PWD: '/elsewhere' } });
  expect(source.services[0]?.mounts).toEqual([expect.objectContaining({ folder: `${source.dir}/data` })]);
});

it.each(['"./data/:/place/"', '{ type: bind, source: ./data/, target: /place/ }'])(
  'a slash at the end of %s parts no places',
  (mount) => {
    const source = read(webui(`volumes: [${mount}]`));
    expect(source.services[0]?.mounts).toEqual([
      expect.objectContaining({ folder: `${source.dir}/data`, target: '/place' }),
    ]);
  },
);

it('leaves out what only a profile starts', () => {
  const text = `${webui()}  gpu: { image: x, profiles: [gpu] }\n`;
  expect(read(text).services.map(({ name }) => name)).toEqual(['ui']);
  expect(read(text).inactive).toEqual({ gpu: ['gpu'] });
  expect(read(text, { profiles: ['gpu'] }).services.map(({ name }) => name)).toEqual(['ui', 'gpu']);
  expect(read(text, { env: { COMPOSE_PROFILES: 'gpu' } }).services).toHaveLength(2);
});

describe('refuses', () => {
  it('a file that ends before its volumes and networks, and names both', () => {
    const { message, next } = failure(() => read(fixture('cut-off')));
    expect(message.replace(/^.*\/chat\//, '')).toBe(
      'compose.yml is not complete, and Compose refuses it: the volume "redis-data" of the service redis has no entry under "volumes:", and the network "openwebui-network" of the service redis has no entry under "networks:".',
    );
    expect(next).toBe(
      'copy the whole file: the missing part is at its end, under "volumes:" and "networks:" without indentation',
    );
  });

  it.each<[string, string, RegExp]>([
    ['no YAML', 'a: [', /is not valid YAML/],
    ['no keys', 'just text', /is not a Compose file/],
    ['no port', webui('ports: [http]'), /services\.ui: "http" is not a port/],
    [
      'a dollar sign',
      webui('environment: { A: "5$" }'),
      /services\.ui\.environment\.A has a "\$" that does not begin a variable/,
    ],
    ['a circle', webui('extends: ui'), /services\.ui extends itself/],
    ['nothing to extend', webui('extends: none'), /services\.none does not exist/],
  ])('%s', (_, text, message) => expect(failure(() => read(text)).message).toMatch(message));
});

describe('the web UI', () => {
  const two = `${webui()}  second: { image: open-webui }\n`;

  it.each([
    [
      'by its image',
      'services: { a: { image: "ghcr.io/x/sage-webui:1" }, b: { image: ghcr.io/open-webui/pipelines } }',
      'a',
    ],
    ['by its data', 'services: { a: { image: mine, volumes: ["./d:/app/backend/data"] }, b: { image: x } }', 'a'],
    ['by its variables', 'services: { a: { image: x }, b: { image: mine, environment: { WEBUI_NAME: b } } }', 'b'],
  ])('is found %s', (_, text, name) => expect(find(read(text)).webui.name).toBe(name));

  it('is asked for where there may be two', () => {
    expect(failure(() => find(read(two)))).toEqual({
      message: 'ui and second may each be the web UI, and a stack has one.',
      next: 'say which: --service ui; make a stack for each',
    });
    expect(find(read(two), { webui: 'second' }).webui.name).toBe('second');
    expect(failure(() => find(read(two), { webui: 'third' })).message).toBe(
      'There is no service third. There are: ui, second.',
    );
  });

  it('is missed in the tutorial, whose web UI is no part of the file', () => {
    const { message, next } = failure(() => find(read(fixture('valkey-only'))));
    expect(message).toContain(
      'the Redis in it is moved together with the web UI that uses it, which in the tutorial was started by docker run',
    );
    expect(next).toContain('npm run new-stack -- NAME --from-containers WEBUI [VALKEY]');
  });

  it('is missed in a profile that is off', () => {
    const text = `${webui('profiles: [ui]')}  db: { image: postgres }\n`;
    const { message, next } = failure(() => find(read(text)));
    expect(message).toContain('the service ui runs with --profile ui only');
    expect(next).toMatch(/^name the profile that starts it: --profile ui\n/);
  });
});
