/** Every setting may be encrypted: what reads a stack file without its passphrase leaves to the deployment what it cannot see. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import { deploysPostgres } from '../../core/postgres.ts';
import { withoutEncrypted } from '../../ops/preview/scratch.ts';
import { readStackFile } from '../../settings/file.ts';
import { encryptedPaths } from '../../settings/opaque.ts';
import { parse } from '../../settings/parse.ts';
import { unwrapped } from '../../settings/problems.ts';
import { schemaFor } from '../../settings/schema.ts';

type Tree = { [key: string]: unknown };

/** Valid, and such that it would not be with the defaults in place of most of its values. */
const pem = (kind: string) => `-----BEGIN ${kind}-----\nAAAA\n-----END ${kind}-----\n`;

const full: Tree = {
  host: { address: 'tcp://docker.example.com:2376', certificates: '~/.docker/prod' },
  hardening: 'standard',
  network: {
    name: 'own-network',
    internalName: 'openwebui-network-opaque',
    gatewayName: 'between',
    external: false,
    subnet: ['172.30.0.0/24', 'fd00:30::/64'],
    encrypted: false,
  },
  valkey: {
    name: 'open-webui-opaque',
    image: 'valkey/valkey:8.1.4',
    volume: 'open-webui-opaque',
    adoptVolume: true,
    protectData: true,
    memory: '900 MiB',
    cpus: 1.5,
    pidsLimit: 200,
    healthcheck: { startPeriod: '5s', interval: '2s', timeout: '4s', retries: 6 },
    log: { driver: 'local', options: { compress: 'true' }, maxSize: '2 MB', maxFiles: 2 },
    labels: { 'example.com/team': 'chat' },
    hostname: 'kv-1',
    ulimits: { nofile: { soft: 1024, hard: 65536 } },
    mounts: [{ folder: '/srv/motd', target: '/etc/motd', readOnly: true }],
    alias: 'kv',
    persistence: 'snapshots',
    snapshot: { after: '60s', changes: 2 },
    auth: false,
    highAvailability: false,
    balancer: { image: 'docker.io/library/haproxy:3.0.12-alpine', memory: '200 MiB' },
    maxMemory: '700 MiB',
    networks: { tools: { aliases: ['redis'] } },
    publish: { port: 3000, address: '127.0.0.1' },
  },
  webui: {
    name: 'redis-valkey-opaque',
    image: 'ghcr.io/open-webui/open-webui:v0.12.4',
    volume: 'redis-data-opaque',
    adoptVolume: true,
    protectData: true,
    memory: '5 GiB',
    cpus: 2.5,
    pidsLimit: 900,
    healthcheck: { startPeriod: '99s', interval: '7s', timeout: '8s', retries: 9 },
    log: { driver: 'local', options: { compress: 'true' }, maxSize: '3 MB', maxFiles: 3 },
    labels: { 'traefik.enable': true },
    hostname: 'chat',
    ulimits: { nofile: 65536, core: 0 },
    extraHosts: { 'db.internal': '10.0.0.5', docker: 'host-gateway' },
    command: ['bash', 'other.sh'],
    gpus: [0, 'GPU-3a23c669'],
    publish: { port: 6379, address: '0.0.0.0' },
    networks: { 'own-network': { aliases: ['chat'], ipv4: '172.30.0.10', ipv6: 'fd00:30::10' }, proxy: {} },
    mounts: [{ volume: 'certificates', target: '/etc/ssl/certs', readOnly: true }],
    url: 'https://chat.example.com',
    admin: { email: 'boss@example.org', name: 'Boss' },
    backupBeforeUpgrade: false,
    replicas: 1,
    upgradeTimeout: '20m',
    configuration: 'file',
    signup: 'open',
    env: {
      UVICORN_WORKERS: 2,
      VECTOR_DB: 'pgvector',
      CORS_ALLOW_ORIGIN: 'https://chat.example.com',
      WEBSOCKET_REDIS_OPTIONS: '{"socket_timeout": null}',
      REDIS_URL: 'redis://kv:6379/0',
      ENABLE_SIGNUP: true,
      ENABLE_PERSISTENT_CONFIG: false,
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    },
  },
  platform: { kind: 'docker', init: false },
  database: {
    kind: 'postgres',
    name: 'open-webui-postgres',
    image: 'pgvector/pgvector:0.8.6-pg17',
    volume: 'postgres-data',
    adoptVolume: true,
    protectData: true,
    memory: '4 GiB',
    cpus: 3.5,
    pidsLimit: 700,
    healthcheck: { startPeriod: '98s', interval: '3s', timeout: '6s', retries: 7 },
    log: { driver: 'local', options: { compress: 'true' }, maxSize: '4 MB', maxFiles: 4 },
    labels: { 'example.com/team': 'data' },
    hostname: 'db-1',
    ulimits: { nofile: 4096 },
    maxConnections: 120,
  },
  storage: {
    kind: 's3',
    bucket: 'example-chat',
    endpoint: 'https://s3.example.com',
    region: 'eu-central-1',
    prefix: 'chat/files',
    addressing: 'path',
  },
  gateway: {
    name: 'door',
    image: 'caddy:2.11.9',
    volume: 'certificates',
    adoptVolume: true,
    protectData: true,
    memory: '300 MiB',
    cpus: 0.5,
    pidsLimit: 100,
    healthcheck: { startPeriod: '20s', interval: '5s', timeout: '2s', retries: 4 },
    log: { driver: 'local', options: { compress: 'true' }, maxSize: '3 MB', maxFiles: 4 },
    labels: { 'com.example.team': 'gate' },
    hostname: 'door',
    ulimits: { nofile: 2048 },
    tls: 'files',
    acme: { email: 'ops@example.org', server: 'https://ca.example.org/dir', trustedRoot: pem('CERTIFICATE') },
    certificates: { chain: pem('CERTIFICATE'), key: pem('PRIVATE KEY') },
    publish: { http: 8080, https: 8443, address: '127.0.0.1' },
    trustedProxies: ['10.0.0.0/8'],
    headers: { 'X-Frame-Options': false },
    maxRequestSize: '2 GB',
    waitTimeout: '30s',
  },
};

const SECURE = { secure: 'v1:abcdef:0123456789' };

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every value of a tree, and every section. */
const pathsIn = (tree: Tree, above: string[] = []): string[][] =>
  Object.entries(tree).flatMap(([key, value]) => {
    const path = [...above, key];
    return isTree(value) ? [path, ...pathsIn(value, path)] : [path];
  });

function encrypt(tree: Tree, [key = '', ...rest]: string[], by: unknown): Tree {
  const inner = rest.length === 0 ? by : encrypt(tree[key] as Tree, rest, by);
  return Array.isArray(tree) ? (tree.with(Number(key), inner) as unknown as Tree) : { ...tree, [key]: inner };
}

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'open-webui-opaque-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** As the commands read it. */
function read(config: Tree) {
  const file = join(dir, 'Pulumi.opaque.yaml');
  writeFileSync(file, stringify({ config }));
  return readStackFile(file, 'open-webui', 'opaque');
}

/** As the program reads it in a preview without the stack's state. */
function previewed(config: Tree) {
  const hidden = encryptedPaths(config);
  let given = config;
  for (const path of hidden) given = encrypt(given, [...path], 'hidden');
  const isSecret = (key: string) => hidden.some(([top]) => top === key);
  return parse({ project: 'open-webui', stack: 'opaque', given, isSecret, hidden });
}

const every = pathsIn(full).map((path) => [path.join('.'), path] as const);

it('has a file with every setting', () => {
  const leaves = (schema: z.ZodType, above: string[] = []): string[] => {
    const inner = unwrapped(schema);
    return inner instanceof z.ZodObject
      ? Object.entries(inner.shape).flatMap(([key, one]) => leaves(one as z.ZodType, [...above, key]))
      : [above.join('.')];
  };
  const given = new Set(pathsIn(full).map((path) => path.join('.')));
  // Reservations need Swarm, whose rules exclude others.
  const wanted = leaves(schemaFor('opaque')).filter((path) => !/\.reservation\./.test(path));
  // A context excludes an address, a manager and nodes one Docker host, a folder a volume, a gateway a web UI that is published itself; what is never in clear.
  expect(wanted.filter((path) => !given.has(path))).toEqual([
    ...['host.context', 'host.manager.address', 'host.manager.certificates', 'host.manager.context'],
    ...['registries', 'valkey.folder', 'valkey.nodes', 'webui.folder', 'webui.sessionKey', 'database.url'],
    ...['storage.accessKey', 'storage.secretKey', 'gateway.domain'],
  ]);
  expect(read(full).webui.name).toBe('redis-valkey-opaque');
});

it.each(every)('reads a file whose %s is encrypted', (_, path) => {
  const file = read(encrypt(full, path, SECURE));
  expect(file.hidden).toEqual([path]);
  expect(JSON.stringify(file)).not.toContain('v1:abcdef');
});

it.each(every)('previews without a state a file whose %s is encrypted', (_, path) => {
  expect(() => previewed(encrypt(full, path, SECURE))).not.toThrow();
});

it.each([
  ['the context', { host: { context: SECURE } }],
  ['the workers', { webui: { env: { UVICORN_WORKERS: SECURE, DATABASE_URL: SECURE } } }],
  ['all there is', { host: SECURE, hardening: SECURE, network: SECURE, valkey: SECURE, webui: SECURE }],
])('reads a file in which %s is encrypted', (_, config) => {
  expect(() => read(config)).not.toThrow();
  expect(previewed(config).webui.processes).toBe(1);
});

it('knows that an address of a Postgres is there, without seeing it: none is deployed', () => {
  const config = encrypt({ database: { kind: 'postgres' } }, ['database', 'url'], SECURE);
  for (const { database } of [read(config), previewed(config)]) expect(deploysPostgres(database)).toBe(false);
});

it('still says what is wrong with the rest, and repeats nothing of a section that holds a secret', () => {
  const wrong = { webui: { admin: { email: SECURE }, pubish: SECURE, memory: 'lots', env: { '1X': SECURE } } };
  expect(() => read(wrong)).toThrow(
    `3 settings in Pulumi.opaque.yaml cannot be used. Nothing was created or changed.

  open-webui:webui.memory
    given:   (not shown: it may be a secret)
    allowed: a whole number, a space and MiB or GiB
    to do:   write it as "4 GiB"

  open-webui:webui.env.1X
    given:   (not shown: it may be a secret) (this is not a name for a variable)
    allowed: letters, digits and "_", with no digit first
    to do:   correct the name

  open-webui:webui.pubish
`,
  );
});

it('takes a variable of the name "secure" for a variable', () => {
  const { env } = read({ webui: { env: { secure: 'yes', OTHER: 'x' } } }).webui;
  expect(env).toEqual({ secure: 'yes', OTHER: 'x' });
});

it('reads a section that is given as JSON, as Pulumi does', () => {
  expect(read({ webui: '{"name": "chat", "publish": {"port": 3111}}' }).webui).toMatchObject({
    name: 'chat',
    publish: { port: 3111 },
  });
});

/** Each breaks a rule that puts a value into its text. */
const breaking: Tree[] = [
  { hardening: 'strict', valkey: { name: 'hush-name', publish: {} } },
  { valkey: { maxMemory: '777 MiB', memory: '778 MiB' } },
  { valkey: { auth: false, alias: 'hush-alias' }, webui: { env: { REDIS_URL: 'redis://hush:1/2' } } },
  { webui: { url: 'https://hush.example.com', env: { CORS_ALLOW_ORIGIN: 'https://other-hush.example.com' } } },
  { webui: { url: 'https://hush.example.com', env: { CORS_ALLOW_ORIGIN: 'hush' } } },
  { webui: { image: 'hush.example.com/webui:latest-hush' } },
  { webui: { image: 'Hush.example.com/WEBUI:1' } },
  {
    network: { name: 'own', subnet: '10.7.77.0/24' },
    webui: { networks: { other: {}, own: { ipv4: '10.7.77.200' } } },
  },
];

it.each(breaking)('shows no value of a decrypted section in an error: %j', (given) => {
  const source = { project: 'open-webui', stack: 'production', isSecret: () => true };
  let text = '';
  try {
    parse({ ...source, given });
  } catch (error) {
    text = (error as Error).message;
  }
  expect(text).toContain('cannot be used');
  expect(text.toLowerCase()).not.toMatch(/hush|777|905/);
});

it('names encrypted settings for pulumi config set --path', () => {
  const config = { 'p:webui': { env: { KEY: SECURE, 'a.b': SECURE } }, 'p:list': ['x', SECURE], 'p:all': SECURE };
  expect(withoutEncrypted(config).hidden).toEqual(['p:webui.env.KEY', 'p:webui.env["a.b"]', 'p:list[1]', 'p:all']);
});
