import { parseImage } from '../../core/images.ts';
import { clearSecrets, gatewayAdmin, postgresPort, valkeyPort } from '../../policy/exposure.ts';
import { exactImage, vulnerable } from '../../policy/images.ts';
import { messages, WEBUI } from '../support/policy.ts';

describe('valkey-not-exposed', () => {
  const refusal = (found: string, setting = 'open-webui:valkey.publish in Pulumi.dev.yaml') => [
    `valkey-container publishes ${found}.\nAllowed: 127.0.0.1 or ::1, or no publication.\n` +
      `To do:   write the address 127.0.0.1 in ${setting}, or remove it: containers on its network need no published port.`,
  ];

  it.each([
    ['0.0.0.0', '0.0.0.0'],
    ['192.168.1.2', '192.168.1.2'],
    ['::', '::'],
    [undefined, 'every address'],
  ])('refuses publication on %j', (ip, shown) => {
    const ports = [{ internal: 6379, external: 16379, ...(ip && { ip }) }];
    expect(messages(valkeyPort, { ports })).toEqual(refusal(`port 6379 of Valkey on ${shown}`));
  });

  it('knows the server by its image or by its port', () => {
    const open = (internal: number) => [{ internal, external: 1, ip: '0.0.0.0' }];
    expect(messages(valkeyPort, { image: 'localhost:5000/redis-stack', ports: open(7000) })).toEqual(
      refusal('port 7000 of Valkey on 0.0.0.0'),
    );
    expect(messages(valkeyPort, { image: 'example.com/kv:1', ports: open(6379) })).toEqual(
      refusal('port 6379 of Valkey on 0.0.0.0'),
    );
    expect(messages(valkeyPort, { image: 'valkey.example.com/web:1', ports: open(8080) })).toEqual([]);
  });

  it('refuses publication of every port', () => {
    expect(messages(valkeyPort, { ports: [], publishAllPorts: true })).toEqual([
      'valkey-container publishes all ports of Valkey on every address.\n' +
        'Allowed: 127.0.0.1 or ::1, or no publication.\n' +
        'To do:   remove publishAllPorts: containers on its network need no published port.',
    ]);
  });

  it('lets loopback addresses pass, and nothing at all', () => {
    expect(messages(valkeyPort, { ports: [{ internal: 6379, external: 1, ip: '::1' }] })).toEqual([]);
    expect(messages(valkeyPort, { ports: undefined })).toEqual([]);
  });
});

describe('postgres-not-exposed', () => {
  const open = (internal: number, ip?: string) => [{ internal, external: 1, ...(ip && { ip }) }];

  it('knows the server by its image or by its port, and lets loopback addresses pass', () => {
    const found = (image: string, ports: ReturnType<typeof open>) => messages(postgresPort, { image, ports });
    expect(found('docker.io/pgvector/pgvector:0.8.6-pg17', open(7000))[0]).toContain(
      'port 7000 of Postgres on every address',
    );
    expect(found('example.com/db:1', open(5432, '0.0.0.0'))[0]).toContain('port 5432 of Postgres on 0.0.0.0');
    expect(found('local/postgres:17-debian', open(5432, '127.0.0.1'))).toEqual([]);
    expect(found('example.com/web:1', open(8080))).toEqual([]);
  });
});

describe('gateway-administration-not-exposed', () => {
  const publishing = (internal: number, image = 'docker.io/library/caddy:2.11.9') =>
    messages(gatewayAdmin, { image, ports: [{ internal, external: 1, ip: '127.0.0.1' }] });

  it('refuses the port of the administration, on whatever address, and every port', () => {
    expect(publishing(2019)).toEqual([
      'valkey-container publishes port 2019, the admin API of Caddy, which requires no password.\n' +
        'Allowed: ports of the page only.\n' +
        'To do:   remove it from open-webui:valkey.publish in Pulumi.dev.yaml, and use docker exec.',
    ]);
    expect(messages(gatewayAdmin, { image: 'caddy:2', ports: [], publishAllPorts: true })).toHaveLength(1);
  });

  it('lets the page pass, and other programs', () => {
    expect([...publishing(443), ...publishing(2019, 'example.com/web:1')]).toEqual([]);
  });
});

describe('no-secret-in-environment', () => {
  it('names each variable, tells how to hide it, and never prints it', () => {
    const envs = ['A=1', 'OPENAI_API_KEY=sk-value=', 'TOKEN=value', 'X=rediss://me:value@redis:6379/0'];
    expect(messages(clearSecrets, { envs }, WEBUI)).toEqual([
      'webui-container has a secret in its environment: OPENAI_API_KEY, TOKEN, X.\n' +
        'Allowed: secrets in a file that only its owner can read.\n' +
        'To do:   pulumi config set --stack dev --secret --path open-webui:webui.env.OPENAI_API_KEY, and the same for each: ' +
        'then all variables go into such a file.',
    ]);
  });

  it('looks at labels as well, which nothing hides', () => {
    const labels = [
      { label: 'traefik.enable', value: 'true' },
      { label: 'homepage.widget.key', value: 'value' },
      { label: 'url', value: 'https://me:value@example.com' },
    ];
    expect(messages(clearSecrets, { labels }, WEBUI)).toEqual([
      'webui-container has a secret in its labels: homepage.widget.key, url.\nAllowed: labels without secrets.\n' +
        'To do:   remove it, and give the secret to the program that reads the label, in a separate file or variable.',
    ]);
  });

  it('names the way for any other container', () => {
    const [text] = messages(clearSecrets, { envs: ['DB_PASSWORD=value'] });
    expect(text).toMatch(/To do: {3}set it in uploads, and read it from there where the program starts\.$/);
    expect(text).not.toContain('value');
  });

  it.each([
    'CLIENT_SECRET=x',
    'redis_password=x',
    'URL=redis://:x@redis',
    'URL=valkey://me:x@redis',
    'DATABASE_URL=postgresql://u:p@db/x',
    'OPENAI_API_KEYS=a;b',
  ])('refuses %s', (env) => {
    expect(messages(clearSecrets, { envs: [env] })).toHaveLength(1);
  });

  it.each(['MONKEY=x', 'TOKENS=10', 'KEY_PREFIX=x', 'SECRET_KEY', 'SECRET_KEY=', 'URL=redis://me@redis:6379'])(
    'lets %s pass',
    (env) => {
      expect(messages(clearSecrets, { envs: [env] })).toEqual([]);
    },
  );

  it('lets a container without environment pass', () => {
    expect(messages(clearSecrets, { envs: undefined })).toEqual([]);
  });
});

describe('parseImage', () => {
  it.each([
    ['valkey', { repository: 'valkey', tag: undefined, digest: false }],
    ['localhost:5000/valkey', { repository: 'localhost:5000/valkey', tag: undefined, digest: false }],
    ['example.com:5000/a/b:1.2@sha256:ab', { repository: 'example.com:5000/a/b', tag: '1.2', digest: true }],
  ])('%s', (reference, parts) => {
    expect(parseImage(reference)).toEqual(parts);
  });
});

describe('image-exact', () => {
  const ID = `sha256:${'a'.repeat(64)}`;

  it.each([
    ['ghcr.io/startr/ai-web-openwebui:main', 'main is whatever was pushed last'],
    ['localhost:5000/webui', 'no tag means latest'],
    ['a/b:latest', 'latest is whatever was pushed last'],
    ['a/b:dev-cuda12', 'dev is whatever was pushed last'],
    ['a/b:Edge', 'Edge is whatever was pushed last'],
    ['a/b:stable-alpine3.20', 'stable is whatever was pushed last'],
    ['a/b:alpine', 'its tag names no version'],
  ])('refuses %s everywhere', (image, reason) => {
    expect(messages(exactImage, { image }, WEBUI)).toEqual([
      `webui-container runs ${image}: ${reason}.\nAllowed: a digest, or the tag of a version.\n` +
        'To do:   write a release or a digest in open-webui:webui.image in Pulumi.dev.yaml.',
    ]);
    expect(messages(exactImage, { image }, { stack: 'prod' })).toHaveLength(1);
  });

  it.each(['a/b:8', 'a/b:8.0', 'a/b:8.0-alpine', 'a/b:alpine3.20'])('refuses %s in production only', (image) => {
    expect(messages(exactImage, { image }, { stack: 'production' })).toEqual([
      `valkey-container runs ${image}: its tag names only a part of a version.\n` +
        'Allowed: a digest, or a tag with all three numbers of a version.\n' +
        'To do:   write a release or a digest in open-webui:valkey.image in Pulumi.production.yaml.',
    ]);
    expect(messages(exactImage, { image })).toEqual([]);
  });

  it.each(['a/b:v0.12.4', 'a/b:0.12.4-slim', `a/b:main@${ID}`, `a/b@${ID}`, ID, 'local/valkey:8.1-debian'])(
    'lets %s pass in production',
    (image) => {
      expect(messages(exactImage, { image }, { stack: 'prod' })).toEqual([]);
    },
  );
});

describe('valkey-without-known-holes', () => {
  const first = 'CVE-2025-49844 (fixed in 8.0.6)';
  const second = ['CVE-2026-23479', 'CVE-2026-25243', 'CVE-2026-23631'].map((cve) => `${cve} (fixed in 8.0.8)`);
  const third = (version: string) => ['CVE-2026-56684', 'CVE-2026-63639'].map((cve) => `${cve} (fixed in ${version})`);

  it.each([
    ['docker.io/valkey/valkey:8.0.1-alpine', '8.0.1', [first, ...second, ...third('8.0.10')], '8.0.10'],
    ['valkey/valkey:8.0.6', '8.0.6', [...second, ...third('8.0.10')], '8.0.10'],
    ['valkey:8.0.9-bookworm', '8.0.9', third('8.0.10'), '8.0.10'],
    [`valkey/valkey:9.1.0@sha256:${'a'.repeat(64)}`, '9.1.0', third('9.1.1'), '9.1.1'],
  ])('refuses %s', (image, version, holes, fixed) => {
    expect(messages(vulnerable, { image })).toEqual([
      `valkey-container runs Valkey ${version}, which has ${holes.join(', ')}.\nAllowed: ${fixed} or newer.\n` +
        'To do:   write such a release in open-webui:valkey.image in Pulumi.dev.yaml.',
    ]);
  });

  it.each([
    'valkey/valkey:8.0.10',
    'valkey/valkey:9.1.1-alpine',
    'valkey/valkey:8.1.0',
    'valkey/valkey:8.0',
    'valkey/valkey:8.0.1.2',
    `valkey/valkey@sha256:${'a'.repeat(64)}`,
    'docker.io/library/redis:8.0.1',
    'local/valkey:8.0.1',
    'valkey/valkey',
  ])('says nothing about %s', (image) => {
    expect(messages(vulnerable, { image })).toEqual([]);
  });
});
