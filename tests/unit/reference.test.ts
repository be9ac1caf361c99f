/** The reference of all settings: the table and the JSON Schema say what the program accepts. */

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { jsonText, rowsOf, stackFileSchema, withTable } from '../../settings/reference.ts';
import { schemaFor } from '../../settings/schema.ts';

const root = join(__dirname, '..', '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const stackFiles = globSync('Pulumi.*.yaml', { cwd: root });

const editor = z.fromJSONSchema(stackFileSchema() as Parameters<typeof z.fromJSONSchema>[0]);
const complains = (file: unknown) => !editor.safeParse(file).success;
const refused = (config: unknown) => !schemaFor('x').safeParse(config).success;

describe('the table of settings', () => {
  it('is the one of the schema', () => {
    const page = read('docs/settings.md');
    if (withTable(page) !== page) throw new Error('docs/settings.md differs from settings/schema.ts: run npm run docs');
  });

  it('has each setting with its default, an object that may be absent, and no group', () => {
    const { valkey } = schemaFor('x').shape;
    const values = Object.fromEntries(rowsOf(z.strictObject({ valkey })).map(({ path, value }) => [path, value]));
    expect(values).toMatchObject({
      'valkey.name': 'redis-valkey-x',
      'valkey.auth': 'true',
      'valkey.publish.port': '6379',
    });
    expect(values).toHaveProperty(['valkey.publish'], undefined);
    expect(Object.keys(values)).not.toContain('valkey');
    expect(Object.keys(values)).not.toContain('valkey.log');
  });

  it('refuses a setting without a description', () => {
    expect(() => rowsOf(z.strictObject({ silent: z.string() }))).toThrow('silent has no description');
  });

  it('refuses a page without a place for it', () => {
    expect(() => withTable('# A page')).toThrow('the page has no place for the table of settings');
  });
});

describe('the JSON Schema of stack files', () => {
  it('is the one of the schema', () => {
    if (read('settings/stack.schema.json') !== jsonText(stackFileSchema()))
      throw new Error('settings/stack.schema.json differs from settings/schema.ts: run npm run docs');
  });

  it.each(stackFiles)('is named in the first line of %s, and accepts the file', (file) => {
    const [first] = read(file).split('\n');
    expect(first).toBe('# yaml-language-server: $schema=./settings/stack.schema.json');
    expect(editor.safeParse(parseYaml(read(file))).error).toBeUndefined();
  });

  it("accepts keys with a project's name, and those of Pulumi and its providers", () => {
    const config = {
      'open-webui:webui': { publish: { port: 3005 } },
      'my-chat:hardening': 'strict',
      'docker:host': 'unix:///var/run/docker.sock',
    };
    expect(complains({ encryptionsalt: 'v1:x', config })).toBe(false);
    expect(complains({ secretsprovider: 'awskms://x', encryptedkey: 'x', config })).toBe(false);
  });

  it.each([
    ['a value', { webui: { env: { OPENAI_API_KEY: { secure: 'v1:x' } } } }],
    ['a number', { 'open-webui:webui': { publish: { port: { secure: 'v1:x' } } } }],
    ['a group', { webui: { admin: { secure: 'v1:x' } } }],
    ['a whole section', { webui: { secure: 'v1:x' } }],
  ])('accepts %s that is encrypted', (_, config) => {
    expect(complains({ config })).toBe(false);
  });

  it.each([
    ['a misspelled section', { webiu: {} }],
    ['a misspelled setting', { webui: { publish: { prot: 3000 } } }],
    ["a misspelled setting under a project's name", { 'open-webui:webui': { publish: { prot: 3000 } } }],
    ['a number in quotes', { webui: { publish: { port: '3000' } } }],
    ['null', { webui: null }],
  ])('complains about %s', (_, config) => {
    expect(complains({ config })).toBe(true);
  });

  it('complains about a setting outside of config', () => {
    expect(complains({ webui: { publish: { port: 3000 } } })).toBe(true);
  });

  it.each([
    ['valkey.maxMemory', ['256 MiB', '1 GiB'], ['256', '256MiB', '1 GB', '0 MiB', 256]],
    ['valkey.healthcheck.interval', ['1s', '2m', '010s'], ['0s', '00m', '1', '1 s', '1d']],
    ['valkey.healthcheck.startPeriod', ['0s', '5s'], ['-1s', 's']],
    ['webui.log.maxSize', ['10 MB', '512 KB'], ['10 MiB', '10MB']],
    ['webui.image', ['ghcr.io/a/b:v1', 'a:5000/b@sha256:'.padEnd(80, '0')], ['ghcr.io/A/b', 'a b', 'a:', 7]],
    ['webui.publish.address', ['127.0.0.1', '::1'], ['localhost', '1.2.3', '']],
    [
      'webui.url',
      ['https://chat.example.com', 'http://localhost:3000/'],
      ['chat.example.com', 'ftp://a', 'https://a/b'],
    ],
    ['host.address', ['ssh://me@there', 'unix:///a'], ['there', 'http://there']],
    ['valkey.alias', ['redis', 'cache-1'], ['Redis', '-a']],
    ['webui.admin.email', ['me@example.com'], ['me']],
    ['webui.cpus', [0.1, 1.5, 9.9], [0, 10, '1.5']],
    ['valkey.persistence', ['aof', 'snapshots'], ['rdb', true]],
    ['webui.labels', [{ 'a.b': 'c', d: true }], [{ 'a b': 'c' }, { a: null }, ['a=b']]],
    [
      'webui.ulimits',
      [{ nofile: 5, core: { soft: 0, hard: -1 } }],
      [{ files: 5 }, { nofile: '5' }, { nofile: { soft: 1 } }],
    ],
    ['webui.extraHosts', [{ db: '10.0.0.5', d: 'host-gateway', e: '::1' }], [{ db: 'x' }, { '-a': '10.0.0.5' }]],
    ['webui.gpus', ['all', 2, [0, 'GPU-3a']], ['some', 0, [], true]],
    ['webui.command', [['bash', 'start.sh']], ['bash', [], ['']]],
    ['valkey.log.driver', ['local', 'none', 'grafana/loki:3'], ['A b', 7]],
    ['valkey.hostname', ['kv-1', 'kv.example.com'], ['kv_1', '-kv', 'k'.repeat(64)]],
    ['webui.env', [{ A: 'b', C: 1, D: true }], [{ '1A': 'b' }, { A: [] }, 'A=b']],
  ] as const)('agrees with the program on %s', (path, good, bad) => {
    const config = (value: unknown) =>
      path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Record<string, unknown>;
    for (const value of good) {
      expect([value, refused(config(value)), complains({ config: config(value) })]).toEqual([value, false, false]);
    }
    for (const value of bad) {
      expect([value, refused(config(value)), complains({ config: config(value) })]).toEqual([value, true, true]);
    }
  });
});
