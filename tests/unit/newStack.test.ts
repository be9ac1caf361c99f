/** `npm run new-stack`, as a program of its own. */

import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { readStackFile } from '../../settings/file.ts';
import { fixture } from '../support/compose.ts';
import { portOf } from '../support/settings.ts';

const root = join(__dirname, '..', '..');
let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'open-webui-new-stack-'));
  const files = readdirSync(root).filter((file) => /^Pulumi\..*yaml$/.test(file));
  for (const part of [...files, 'package.json', 'core', 'system', 'docker', 'settings', 'ops', 'setup', 'cli'])
    cpSync(join(root, part), join(dir, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'));
});

afterEach(() => rmSync(dir, { recursive: true }));

it('passes over what another stack has encrypted', () => {
  const secure = 'secure: v1:abc:def';
  writeFileSync(
    join(dir, 'Pulumi.hush.yaml'),
    `config:\n  host: { ${secure} }\n  webui: { publish: { port: { ${secure} } } }\n`,
  );
  expect(newStack(['eu'])).toMatchObject({ status: 0, stdout: expect.stringContaining('Wrote Pulumi.eu.yaml') });
});

/** Runs the command; `typed` is what a person answers, a line each. */
function newStack(args: string[], typed?: string[]) {
  const command = [process.execPath, join(dir, 'cli', 'main.ts'), 'new-stack', ...args];
  if (!typed) {
    const { status, stdout, stderr } = spawnSync(command[0] as string, command.slice(1), {
      cwd: dir,
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  }
  // script gives the program a terminal.
  const line = command.map((word) => `'${word}'`).join(' ');
  const stdout = execFileSync('script', ['--quiet', '--return', '--command', line, '/dev/null'], {
    cwd: dir,
    encoding: 'utf8',
    input: `${typed.join('\n')}\n`,
  });
  return { status: 0, stdout, stderr: '' };
}

const config = (stack: string) => parse(readFileSync(join(dir, `Pulumi.${stack}.yaml`), 'utf8')).config;

it('makes a file with a port that no other stack has', () => {
  const { status, stdout } = newStack(['eu']);
  expect(status).toBe(0);
  const { webui } = readStackFile(join(dir, 'Pulumi.eu.yaml'), 'open-webui', 'eu');
  const others = readdirSync(root).flatMap((file) => {
    const stack = /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1];
    return stack ? [readStackFile(join(root, file), 'open-webui', stack).webui] : [];
  });
  const port = portOf(webui);
  expect(others.map(portOf)).not.toContain(port);
  expect(stdout).toContain(`http://127.0.0.1:${port}`);
  newStack(['us']);
  expect(config('us').webui.publish.port).toBe(port + 1);
});

it('takes settings as flags, and hardens what people depend on', () => {
  newStack([
    'prod-eu',
    '--host',
    'ssh://deploy@chat.example.com',
    '--url',
    'https://chat.example.com',
    '--port',
    '443',
  ]);
  expect(config('prod-eu')).toEqual({
    hardening: 'strict',
    host: { address: 'ssh://deploy@chat.example.com' },
    webui: { publish: { port: 443 }, url: 'https://chat.example.com' },
  });
});

it('asks on a terminal', () => {
  const { stdout } = newStack(['asked'], ['strict', '', '3999', '', 'me@example.com']);
  expect(stdout).toContain('E-mail address of the first administrator?');
  expect(config('asked')).toEqual({
    hardening: 'strict',
    webui: { publish: { port: 3999 }, admin: { email: 'me@example.com' } },
  });
});

it.each<[string[], string]>([
  [[], 'Which stack?'],
  [['a b'], '"a b" is not a stack name'],
  [['../x'], '"../x" is not a stack name'],
  [['dev'], 'There is a stack dev already: Pulumi.dev.yaml'],
  [['x', '--port', 'many'], '1 setting in Pulumi.x.yaml cannot be used. Nothing was created or changed.'],
  [['prod-x', '--webui-image', 'a/b:main'], 'main is whatever was pushed last'],
  [['x', '--colour', 'red'], "Unknown option '--colour'"],
])('refuses %j', (args, message) => {
  const { status, stderr } = newStack(args);
  expect([status, stderr]).toEqual([1, expect.stringContaining(message)]);
  expect(stderr).not.toMatch(/\n\s+at /);
  for (const name of ['x', 'prod-x']) expect(existsSync(join(dir, `Pulumi.${name}.yaml`))).toBe(false);
});

describe('from a Compose file', () => {
  const compose = (text: string) => {
    writeFileSync(join(dir, 'compose.yml'), text);
    return (...args: string[]) => newStack(['mine', '--from-compose', 'compose.yml', ...args]);
  };
  const isWritten = () => existsSync(join(dir, 'Pulumi.mine.yaml'));
  const socket = (text: string) =>
    text.replace('ui-data:/app/backend/data', 'ui-data:/app/backend/data, "/var/run/docker.sock:/var/run/docker.sock"');

  it('writes the file, and what to do in its order', () => {
    const { status, stdout, stderr } = compose(fixture('tutorial'))();
    expect([status, stderr]).toEqual([0, '']);
    expect(config('mine')).toMatchObject({ webui: { volume: 'chat_ui-data', adoptVolume: true } });
    const order = [
      'Moves as it is',
      'Better from now on',
      'Wrote Pulumi.mine.yaml',
      'stop ui cache',
      'npm run up -- --stack mine',
      'npm run down -- --stack mine',
    ];
    const places = order.map((text) => stdout.indexOf(text));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places).not.toContain(-1);
  });

  it('takes settings from flags all the same', () => {
    compose(fixture('tutorial'))('--port', '3099', '--valkey-image', 'valkey/valkey:8.1.4');
    expect(config('mine')).toMatchObject({
      webui: { publish: { address: '0.0.0.0', port: 3099 } },
      valkey: { image: 'valkey/valkey:8.1.4' },
    });
  });

  it('only tells, when asked to', () => {
    const { status, stdout } = compose(fixture('tutorial'))('--check');
    expect([status, isWritten()]).toEqual([0, false]);
    expect(stdout).toContain('Pulumi.mine.yaml would be');
  });

  it('exits 1 and writes nothing when something cannot move, unless it may be left out', () => {
    const run = compose(socket(fixture('tutorial')));
    const { status, stdout, stderr } = run();
    expect([status, isWritten()]).toEqual([1, false]);
    expect(stdout).toMatch(/Cannot move\n {2}- ui: \/var\/run\/docker\.sock /);
    expect(stderr).toContain('--partly continues without it');
    expect(run('--check').status).toBe(1);
    expect([run('--partly').status, isWritten()]).toEqual([0, true]);
  });

  it.each([
    ['an incomplete file', fixture('cut-off'), 'has no entry under "volumes:"'],
    ['no web UI', fixture('valkey-only'), 'There is no Open WebUI in compose.yml'],
    ['values that are not known', fixture('folder').replace('env_file: [.env]', ''), 'Some values are unknown'],
  ])('exits 2 and writes nothing for %s', (_, text, message) => {
    const { status, stderr } = compose(text)();
    expect([status, isWritten(), stderr]).toEqual([2, false, expect.stringContaining(message)]);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('is one of two ways', () => {
    const { status, stderr } = newStack(['mine', '--from-compose', 'x', '--from-containers', 'y']);
    expect([status, stderr]).toEqual([1, expect.stringContaining('give one of them')]);
  });
});
