/** A gateway by its settings, and what is registered for it. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Deployment } from '../../components/deployment.ts';
import { requireUsable } from '../../platform/docker/liveFiles.ts';
import { claimsOf } from '../../preflight/claims.ts';
import { requireConfiguration } from '../../preflight/gateway.ts';
import { parse } from '../../settings/parse.ts';
import { certify } from '../support/certificates.ts';
import { isSecret, named, record, revealed } from '../support/mocks.ts';
import { problem, refusal, source } from '../support/settings.ts';

const domain = 'chat.example.com';
const withGateway = (gateway: object = {}, rest: object = {}) => ({ gateway: { domain, ...gateway }, ...rest });

describe('settings', () => {
  it('publish the web UI nowhere, and say where people open it', () => {
    const { webui, gateway } = parse(source(withGateway()));
    expect([webui.publish, webui.url, gateway.domain]).toEqual(['none', 'https://chat.example.com', [domain]]);
    expect(parse(source(withGateway({ tls: 'off', publish: { http: 8080 } }))).webui.url).toBe(
      'http://chat.example.com:8080',
    );
    const url = 'https://chat.example.com';
    expect(parse(source(withGateway({ tls: 'off' }, { webui: { url } }))).webui.url).toBe(url);
    expect(parse(source({})).webui.publish).toEqual({ port: 3000, address: '127.0.0.1' });
  });

  it('find the headers in which the web UI believes who somebody is', () => {
    const env = { WEBUI_AUTH_TRUSTED_EMAIL_HEADER: 'X-Email', WEBUI_AUTH_TRUSTED_NAME_HEADER: 'X-Name' };
    const given = withGateway({ trustedProxies: ['10.0.0.0/8'] }, { webui: { env } });
    expect(parse(source(given)).gateway.identityHeaders).toEqual(['X-Email', 'X-Name']);
  });

  it.each<[string, object, string, string, string]>([
    [
      'webui.publish',
      withGateway({}, { webui: { publish: { port: 3000 } } }),
      'an object (with a gateway, nothing may bypass it: otherwise a client could forge its address)',
      'absent, or none',
      'remove it; gateway.publish has the ports of the host',
    ],
    [
      'webui.url',
      withGateway({}, { webui: { url: 'https://other.example.com' } }),
      '"https://other.example.com" (the gateway answers for its domains only)',
      'absent, or an address of chat.example.com',
      'remove it: it follows from gateway.domain',
    ],
    [
      'gateway.domain',
      withGateway({ domain: 'chat.internal' }),
      '"chat.internal" (no public certificate authority issues a certificate for chat.internal)',
      'names of the public DNS, or another gateway.tls, or your own certificate authority in gateway.acme.server',
      'set gateway.tls to internal, or write a public name',
    ],
    [
      'gateway.domain',
      withGateway({ domain: 'https://chat.example.com' }),
      '"https://chat.example.com"',
      'a host name in lower case, or a list of several, without scheme, port or wildcard',
      'write it as chat.example.com, or remove the key for no gateway',
    ],
    [
      'gateway.acme.email',
      withGateway({ tls: 'internal', acme: { email: 'you@example.com' } }),
      '"you@example.com" (gateway.tls is internal, which uses no certificate authority)',
      'absent, or gateway.tls: acme',
      'remove it',
    ],
    [
      'gateway.certificates.key',
      withGateway({
        tls: 'internal',
        certificates: { key: '-----BEGIN PRIVATE KEY-----\nA\n-----END PRIVATE KEY-----' },
      }),
      '(not shown: it may be a secret) (gateway.tls is internal)',
      'absent, or gateway.tls: files',
      'remove it, or set gateway.tls to files',
    ],
    [
      'gateway.publish.https',
      withGateway({ publish: { http: 8443, https: 8443 } }),
      '8443 (gateway.publish.http has the same port)',
      'another port than that of gateway.publish.http',
      'change one of the two',
    ],
    [
      'gateway.name',
      withGateway({ name: 'same' }, { webui: { name: 'same' } }),
      '"same" (webui.name has the same name)',
      'another name than that of webui.name',
      'change one of the two',
    ],
    [
      'gateway.trustedProxies',
      withGateway({ trustedProxies: ['10.0.0.0/33'] }),
      'a list',
      'a list of IP addresses and subnets',
      'write it as [10.0.0.5, 10.1.0.0/16]',
    ],
    [
      'gateway.headers.X-Frame-Options',
      withGateway({ headers: { 'X-Frame-Options': 'DENY\nX: y' } }),
      '"DENY\\nX: y"',
      'one line of text, or false',
      'quote the value, or write false to send no such header',
    ],
    [
      'webui.env.WEBUI_AUTH_TRUSTED_EMAIL_HEADER',
      withGateway({}, { webui: { env: { WEBUI_AUTH_TRUSTED_EMAIL_HEADER: 'X-Email' } } }),
      '"X-Email" (the gateway lets such a header pass through only from a trusted proxy, and none is configured)',
      'absent, or together with gateway.trustedProxies',
      'list the proxy that signs people in under gateway.trustedProxies',
    ],
    [
      'webui.env.CORS_ALLOW_ORIGIN',
      withGateway(
        { domain: [domain, 'www.example.com'] },
        { webui: { env: { CORS_ALLOW_ORIGIN: 'https://chat.example.com' } } },
      ),
      '"https://chat.example.com" (websockets of pages at the other domains of the gateway would be refused)',
      'absent, or a list with every domain of the gateway',
      'remove it, or add https://www.example.com',
    ],
  ])('refuse %s', (key, given, shown, allowed, fix) => {
    expect(problem(given as Record<string, unknown>)).toEqual([`open-webui:${key}`, shown, allowed, fix]);
  });

  it('ask for both parts of a certificate', () => {
    const text = refusal(withGateway({ tls: 'files' }));
    expect(text).toContain('gateway.certificates.chain\n    given:   nothing (gateway.tls is files)');
    expect(text).toContain('gateway.certificates.key\n    given:   nothing (gateway.tls is files)');
  });

  it('leave what has no gateway alone', () => {
    expect(() => parse(source({ gateway: { tls: 'files', name: 'open-webui-test' } }))).not.toThrow();
  });

  it('look at a certificate and its key, and repeat nothing of the key', () => {
    const dir = mkdtempSync(join(tmpdir(), 'open-webui-certificates-'));
    try {
      certify(dir, '127.0.0.1');
      const [chain, key, other] = ['server.pem', 'server-key.pem', 'key.pem'].map((file) =>
        readFileSync(join(dir, file), 'utf8'),
      ) as [string, string, string];
      const given = (more: object) => withGateway({ tls: 'files', certificates: { chain, key, ...more } });
      const wrong = refusal(given({ key: other }), ['gateway']);
      expect(wrong).toContain('it is not for chat.example.com');
      expect(wrong).toContain('it is the key of another certificate');
      expect(refusal(given({}))).toContain('in plain text it would show in the stack file');
      expect(wrong).not.toContain(other.split('\n')[1]);
      expect(refusal(given({ chain: chain.replace(/^M.*$/m, 'MIIB') }), ['gateway'])).toContain('it cannot be read');
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});

const network = { name: 'net', internalName: 'inside', gatewayName: 'between' };
const deploy = (gateway: object, rest: object = {}, options?: Parameters<typeof record>[1]) =>
  record(
    () =>
      new Deployment('chat', {
        ...{ network, valkey: { name: 'valkey' }, webui: { name: 'web' } },
        gateway: { domain: [domain], name: 'caddy', volume: 'certificates', ...gateway },
        ...rest,
      }),
    options,
  );

describe('a deployment', () => {
  it('has nothing of it without a domain', async () => {
    const { resources } = await deploy({ domain: undefined });
    expect(resources.filter(({ name }) => /gateway|between/.test(name))).toEqual([]);
    expect((named(resources, 'chat-webui-container').inputs['envs'] as string[]).join()).not.toMatch(/FORWARDED|CORS/);
  });

  it('gives gateway and web UI a network of their own, and the page to the gateway alone', async () => {
    const { resources, result } = await deploy({});
    expect(result.url).toBe('https://chat.example.com');
    expect(named(resources, 'chat-between-bridge').inputs).toMatchObject({ name: 'between', driver: 'bridge' });
    const [caddy, web] = ['chat-gateway-container', 'chat-webui-container'].map(
      (name) => named(resources, name).inputs,
    );
    expect(caddy?.['networksAdvanced']).toEqual([{ name: 'between', aliases: [] }]);
    expect(caddy?.['ports']).toEqual([
      { internal: 80, external: 80, ip: '0.0.0.0' },
      { internal: 443, external: 443, ip: '0.0.0.0' },
    ]);
    expect(web?.['ports']).toEqual([]);
    expect(web?.['networksAdvanced']).toEqual(['net', 'between'].map((name) => ({ name, aliases: [] })));
    expect(web?.['envs']).toEqual(
      expect.arrayContaining([
        'WEBUI_URL=https://chat.example.com',
        'WEBUI_SESSION_COOKIE_SECURE=true',
        'WEBUI_AUTH_COOKIE_SECURE=true',
        'CORS_ALLOW_ORIGIN=https://chat.example.com',
        'ENABLE_COMPRESSION_MIDDLEWARE=false',
        expect.stringMatching(/^FORWARDED_ALLOW_IPS=/),
      ]),
    );
  });

  it('takes websockets of the page where people open it, behind another proxy or a router that forwards another port', async () => {
    const { resources } = await deploy({ tls: 'off' }, { webui: { name: 'web', url: 'https://chat.example.com' } });
    expect(named(resources, 'chat-webui-container').inputs['envs']).toEqual(
      expect.arrayContaining([
        'WEBUI_URL=https://chat.example.com',
        'CORS_ALLOW_ORIGIN=https://chat.example.com;http://chat.example.com',
      ]),
    );
  });

  it('hands the gateway its configuration by a task, whose change replaces nothing else', async () => {
    const { resources } = await deploy({});
    const task = named(resources, 'chat-gateway-files-container');
    expect(task.inputs).toMatchObject({
      ...{ name: 'caddy-config', networkMode: 'none', mustRun: false, attach: true, user: '0:0' },
      command: ['0:0', '/etc/caddy/live', '/live', 'caddy', 'validate', '--config', '/etc/caddy/live/caddy.json'],
      volumes: [{ volumeName: 'caddy-config', containerPath: '/live' }],
    });
    const [file] = task.inputs['uploads'] as { file: string; content: string }[];
    expect(file?.file).toBe('/etc/caddy/live/caddy.json');
    expect(JSON.parse(file?.content ?? '')).toHaveProperty('apps.http');
    const server = named(resources, 'chat-gateway-container');
    expect(server.inputs['uploads']).toEqual([]);
    expect(server.replaceWith).toEqual([]);
    expect(server.inputs['volumes']).toEqual([
      { volumeName: 'certificates', containerPath: '/data' },
      { volumeName: 'caddy-config', containerPath: '/etc/caddy/live', readOnly: true },
    ]);
    const data = named(resources, 'chat-gateway-data');
    expect(data.retainOnDelete).toBe(true);
  });

  it('leaves a strict gateway no root and one capability', async () => {
    const { resources } = await deploy({}, { hardening: 'strict' });
    expect(named(resources, 'chat-gateway-container').inputs).toMatchObject({
      ...{ user: '1000:1000', readOnly: true },
      capabilities: { drops: ['ALL'], adds: ['CAP_NET_BIND_SERVICE'] },
    });
    expect(named(resources, 'chat-gateway-init-container').inputs['command']).toEqual(['1000:1000', '/data', 'caddy']);
    expect(named(resources, 'chat-gateway-files-container').inputs['command']).toEqual(
      expect.arrayContaining(['1000:1000']),
    );
  });

  it('keeps the key of a certificate secret on its whole way', async () => {
    const certificates = { chain: 'CHAIN', key: 'the-private-key' };
    const { resources } = await deploy({ tls: 'files', certificates });
    const uploads = named(resources, 'chat-gateway-files-container').inputs['uploads'];
    expect(JSON.stringify(revealed(uploads))).toContain('the-private-key');
    expect(isSecret(uploads)).toBe(true);
    const open = resources.filter(({ name }) => name !== 'chat-gateway-files-container');
    expect(JSON.stringify(open)).not.toContain('the-private-key');
  });
});

it('claims what it has on the engine', () => {
  const names = (given: Record<string, unknown>) =>
    claimsOf(parse(source(given)), 'open-webui').map(({ kind, name }) => `${kind} ${name}`);
  const more = names(withGateway()).filter((one) => !names({}).includes(one));
  expect(more).toEqual([
    ...['network openwebui-gateway-test', 'container caddy-test', 'volume caddy-data-test'],
    ...['container caddy-test-config', 'volume caddy-test-config'],
  ]);
  expect(names(withGateway({}, { hardening: 'strict' }))).toContain('container caddy-test-init');
});

it('keeps its configuration where Caddy refuses another one', () => {
  expect(requireUsable('caddy', { name: 'caddy-config', exitCode: 0 })).toBe(true);
  expect(() => requireUsable('caddy', { name: 'caddy-config', exitCode: 1 })).toThrow(
    'caddy keeps the configuration that it has: caddy-config, which checks the new one, exited with code 1.',
  );
});

describe('a preflight of the configuration', () => {
  const settings = () => parse(source(withGateway({ name: 'caddy', image: 'local/caddy:1' })));
  const NONE = { code: 1, stdout: '', stderr: '' };
  const ok = (stdout: string) => ({ code: 0, stdout, stderr: '' });
  /** An engine that has the image, and a gateway that runs where it is given. */
  const engine = (running: { image?: string; text?: string }, answer = NONE) => {
    const asked: { args: readonly string[]; input: string }[] = [];
    const capture = async (args: readonly string[], { input = '' }: { input?: string } = {}) => {
      asked.push({ args, input });
      if (args[0] === 'exec') return running.text === undefined ? NONE : ok(running.text);
      if (args[0] === 'container') return running.image === undefined ? NONE : ok(running.image);
      return args[0] === 'image' ? ok('sha256:new') : answer;
    };
    return { asked, docker: { capture } as never };
  };
  const check = async (...given: Parameters<typeof engine>) => {
    const { asked, docker } = engine(...given);
    const { result } = await record(() => requireConfiguration(docker, settings()).catch((error: Error) => error));
    return { refused: (result as Error | undefined)?.message, tried: asked.find(({ args }) => args[0] === 'run') };
  };

  it('has Caddy look at it, over standard input, and repeats what Caddy says', async () => {
    const { refused, tried } = await check({}, { ...NONE, stderr: 'loading\nError: unknown module\n' });
    expect(refused).toBe(
      'The gateway cannot be configured as Pulumi.test.yaml says. Nothing was created or changed.\n' +
        '  Caddy says:  unknown module\n' +
        '  to do:       correct it below open-webui:gateway; local/caddy:1 has to be Caddy 2.11 or newer\n',
    );
    expect(tried?.args.slice(-4)).toEqual(['--entrypoint', '/bin/sh', 'local/caddy:1', '-s']);
    expect(tried?.input).toContain('exec caddy validate --config /etc/caddy/live/caddy.json');
  });

  it('does not ask for what runs already, unless another image is to run it', async () => {
    const { tried } = await check({}, ok(''));
    const text = /printf %s '([\s\S]*)' > /.exec(tried?.input ?? '')?.[1] ?? '';
    expect(JSON.parse(text)).toHaveProperty('apps');
    expect((await check({ image: 'sha256:new', text })).tried).toBeUndefined();
    expect((await check({ image: 'sha256:old', text }, ok(''))).tried).toBeDefined();
    expect((await check({ image: 'sha256:new', text: 'other' }, ok(''))).tried).toBeDefined();
  });
});
