/** Whatever stands in a stack file: one clear error, without a stack trace and without a secret, and nothing registered. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../core/errors.mjs';
import { readStackFile } from '../../settings/file.ts';

const dir = mkdtempSync(join(tmpdir(), 'bad-input-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** The error that the text of a stack file gives. */
function refusal(text: string): UserError {
  const file = join(dir, 'Pulumi.bad.yaml');
  writeFileSync(file, text);
  try {
    readStackFile(file, 'open-webui', 'bad');
  } catch (error) {
    if (error instanceof UserError) return error;
    throw new Error(`not an error for people: ${error}`);
  }
  throw new Error('nothing was refused');
}

const SECRET = 'hunter2-hunter2';
const webui = (line: string) => `config:\n  open-webui:webui:\n    ${line}\n`;
const valkey = (line: string) => `config:\n  open-webui:valkey:\n    ${line}\n`;
const network = (line: string) => `config:\n  open-webui:network:\n    ${line}\n`;
const env = (line: string) => webui(`env:\n      ${line}`);

/** What stands in the file, and the key that the error names. */
const bad: [string, string, string][] = [
  ['a text for an object', 'config:\n  open-webui:webui: yes please\n', 'webui'],
  ['a list for an object', 'config:\n  open-webui:valkey: [a, b]\n', 'valkey'],
  ['a number for an object', 'config:\n  open-webui:network: 7\n', 'network'],
  ['nothing for an object', 'config:\n  open-webui:network:\n', 'network'],
  ['a key that does not exist', 'config:\n  open-webui:redis: {}\n', 'redis'],
  ['a capital in a key', 'config:\n  open-webui:Webui: {}\n', 'Webui'],
  ['a setting that does not exist', webui('prot: 1'), 'webui.prot'],
  ['__proto__ as a setting', webui('__proto__: { polluted: true }'), 'webui.__proto__'],
  ['constructor as a setting', webui('constructor: 1'), 'webui.constructor'],
  ['toString as a key', 'config:\n  open-webui:toString: {}\n', 'toString'],
  ['a negative port', webui('publish: { port: -1 }'), 'webui.publish.port'],
  ['port 0', webui('publish: { port: 0 }'), 'webui.publish.port'],
  ['port 65536', webui('publish: { port: 65536 }'), 'webui.publish.port'],
  ['a port with a fraction', webui('publish: { port: 80.5 }'), 'webui.publish.port'],
  ['a port as a text', webui('publish: { port: "80" }'), 'webui.publish.port'],
  ['a port range', webui('publish: { port: 3000-3005 }'), 'webui.publish.port'],
  ['an octal port', webui('publish: { port: 0o177777777 }'), 'webui.publish.port'],
  ['infinity as a port', webui('publish: { port: .inf }'), 'webui.publish.port'],
  ['no number as a port', webui('publish: { port: .nan }'), 'webui.publish.port'],
  ['a name as an address', webui('publish: { address: example.com }'), 'webui.publish.address'],
  ['an address with a port', webui('publish: { address: "127.0.0.1:80" }'), 'webui.publish.address'],
  ['an address that is none', webui('publish: { address: 256.0.0.1 }'), 'webui.publish.address'],
  ['a shell in a name', webui('name: "$(touch /tmp/x)"'), 'webui.name'],
  ['a backtick in a name', webui('name: "a`id`"'), 'webui.name'],
  ['an option as a name', webui('name: "--privileged"'), 'webui.name'],
  ['a slash in a name', webui('name: ../../etc'), 'webui.name'],
  ['a newline in a name', webui('name: "a\\nb"'), 'webui.name'],
  ['a NUL in a name', webui('name: "a\\0b"'), 'webui.name'],
  ['a name with other letters', webui('name: веб-интерфейс'), 'webui.name'],
  ['letters that look the same', webui('name: "оpen-webui"'), 'webui.name'],
  ['a name with an emoji', valkey('name: "redis-🔑"'), 'valkey.name'],
  ['a right-to-left mark in a name', valkey('name: "redis\\u202evalkey"'), 'valkey.name'],
  ['an empty name', valkey('name: ""'), 'valkey.name'],
  ['a name of one letter', valkey('name: r'), 'valkey.name'],
  ['a name of 1 MB', valkey(`name: ${'a'.repeat(1_000_000)}`), 'valkey.name'],
  ['a folder as a volume', valkey('volume: /var/run/docker.sock'), 'valkey.volume'],
  ['options in a volume', valkey('volume: "data:/data:ro"'), 'valkey.volume'],
  ['a capital in an alias', valkey('alias: Redis'), 'valkey.alias'],
  ['a dot in an alias', valkey('alias: redis.local'), 'valkey.alias'],
  ['localhost as an alias', valkey('alias: localhost'), 'valkey.alias'],
  ['capitals in an image', webui('image: ghcr.io/Startr/AI-WEB-openwebui:main'), 'webui.image'],
  ['a space in an image', webui('image: "open-webui :main"'), 'webui.image'],
  ['an address as an image', webui('image: https://ghcr.io/open-webui/open-webui'), 'webui.image'],
  ['half a digest', webui('image: "open-webui@sha256:abc"'), 'webui.image'],
  ['an id as an image', webui(`image: ${'a'.repeat(64)}`), 'webui.image'],
  ['an image of 1 MB', webui(`image: ${'a-'.repeat(500_000)}`), 'webui.image'],
  ['yes for true', network('external: "yes"'), 'network.external'],
  ['1 for true', network('external: 1'), 'network.external'],
  ["Docker's own network", network('name: host'), 'network.name'],
  ['a time without a unit', valkey('snapshot: { after: 30 }'), 'valkey.snapshot.after'],
  ['a time with a fraction', valkey('snapshot: { after: 1.5s }'), 'valkey.snapshot.after'],
  ['a negative time', valkey('snapshot: { after: -5s }'), 'valkey.snapshot.after'],
  ['no changes', valkey('snapshot: { changes: 0 }'), 'valkey.snapshot.changes'],
  ['no retries', valkey('healthcheck: { retries: 0 }'), 'valkey.healthcheck.retries'],
  ['an interval of 0', webui('healthcheck: { interval: 0s }'), 'webui.healthcheck.interval'],
  ["Docker's own way to write a size", webui('log: { maxSize: 10m }'), 'webui.log.maxSize'],
  ['no log files', webui('log: { maxFiles: 0 }'), 'webui.log.maxFiles'],
  ['memory without a unit', webui('memory: 4096'), 'webui.memory'],
  ['too little memory', valkey('memory: 64 MiB'), 'valkey.memory'],
  ['processors as a text', webui('cpus: "2"'), 'webui.cpus'],
  ['no processors', webui('cpus: 0'), 'webui.cpus'],
  ['too few processes to live', webui('pidsLimit: 1'), 'webui.pidsLimit'],
  ['no limit of processes', webui('pidsLimit: -1'), 'webui.pidsLimit'],
  ['an e-mail address that is none', webui('admin: { email: "admin" }'), 'webui.admin.email'],
  ['a script as an address of the page', webui('url: "javascript:alert(1)"'), 'webui.url'],
  ['a path in the address of the page', webui('url: https://example.com/chat'), 'webui.url'],
  ['a variable with a space', env('"A B": x'), 'webui.env.A B'],
  ['a variable with a newline', env('"A\\nB": x'), 'webui.env.A\nB'],
  ['a variable with =', env('"A=B": x'), 'webui.env.A=B'],
  ['an object as a value', env('A: { b: c }'), 'webui.env.A'],
  ['nothing as a value', env('A:'), 'webui.env.A'],
  ['a variable of the wiring', env('WEBSOCKET_MANAGER: Redis'), 'webui.env.WEBSOCKET_MANAGER'],
  ['a secret key in clear', env(`OPENAI_API_KEY: ${SECRET}`), 'webui.env.OPENAI_API_KEY'],
  ['a password in clear', env(`LDAP_APP_PASSWORD: ${SECRET}`), 'webui.env.LDAP_APP_PASSWORD'],
  ['a token in clear', env(`TIKA_TOKEN: ${SECRET}`), 'webui.env.TIKA_TOKEN'],
  ['a password in an address', env(`DATABASE_URL: postgresql://u:${SECRET}@db/x`), 'webui.env.DATABASE_URL'],
  ['a Redis address with a password', env(`REDIS_URL: "redis://:${SECRET}@x:6379/0"`), 'webui.env.REDIS_URL'],
  ['a label of ours', webui('labels: { com.pulumi.stack: prod }'), 'webui.labels.com.pulumi.stack'],
  ['labels as a list', webui('labels: ["traefik.enable=true"]'), 'webui.labels'],
  ['a secret in a label', webui(`labels: { api-token: ${SECRET} }`), 'webui.labels.api-token'],
  ['__proto__ as a label', webui('labels: { "__proto__ x": y }'), 'webui.labels.__proto__ x'],
  ['a newline in a host name', webui('hostname: "a\\nb"'), 'webui.hostname'],
  ['options in a host name', valkey('hostname: "--privileged"'), 'valkey.hostname'],
  ['a ulimit with a unit', valkey('ulimits: { nofile: 64k }'), 'valkey.ulimits.nofile'],
  ['a ulimit below none', valkey('ulimits: { nofile: -2 }'), 'valkey.ulimits.nofile'],
  ['a host without an address', webui('extraHosts: { db: }'), 'webui.extraHosts.db'],
  ['a port in an address', webui('extraHosts: { db: "10.0.0.5:5432" }'), 'webui.extraHosts.db'],
  ['a command as a text', webui('command: bash start.sh'), 'webui.command'],
  ['an empty word in a command', webui('command: [bash, ""]'), 'webui.command'],
  ['no GPUs', webui('gpus: 0'), 'webui.gpus'],
  ['quotes in a GPU', webui(`gpus: ['0"', x]`), 'webui.gpus'],
  ['a command as a log driver', webui('log: { driver: "$(id)" }'), 'webui.log.driver'],
  [
    'a secret for a log',
    webui(`log: { driver: splunk, options: { splunk-token: ${SECRET} } }`),
    'webui.log.options.splunk-token',
  ],
  ['a merge of YAML', `config:\n  open-webui:webui: &w\n    prot: 1\n  open-webui:valkey: *w\n`, 'webui.prot'],
];

it('covers enough', () => {
  expect(bad.length).toBeGreaterThanOrEqual(60);
});

it.each(bad)('%s', (_, text, key) => {
  const { message } = refusal(text);
  expect(message).toContain(`\n  open-webui:${key}\n`);
  expect(message).toMatch(/^\d+ settings? in Pulumi\.bad\.yaml cannot be used\. Nothing was created or changed\.\n/);
  expect(message).not.toMatch(/\n\s+at |undefined|\[object|ZodError|Invalid input/);
  expect(message).not.toContain(SECRET);
  expect(message.length).toBeLessThan(2000);
  for (const line of ['given: ', 'allowed: ', 'to do: ']) expect(message).toContain(line);
});

it.each([
  ['a duplicate key', 'config:\n  open-webui:webui: {}\n  open-webui:webui: {}\n'],
  ['a tab as indentation', 'config:\n\topen-webui:webui: {}\n'],
  ['an unclosed quote', 'config:\n  open-webui:webui: { name: "a }\n'],
])('%s is no YAML, and says where', (_, text) => {
  const file = join(dir, 'Pulumi.bad.yaml');
  writeFileSync(file, text);
  expect(() => readStackFile(file, 'open-webui', 'bad')).toThrow(/at line \d/);
});

it('takes values that only look dangerous as they are', () => {
  const file = join(dir, 'Pulumi.good.yaml');
  const value = `it's $HOME and $(id), "quoted"\nand a second line`;
  writeFileSync(file, env(`NOTE: ${JSON.stringify(value)}`));
  expect(readStackFile(file, 'open-webui', 'good').webui.env).toEqual({ NOTE: value });
});
