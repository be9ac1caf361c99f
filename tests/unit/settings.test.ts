import { parse } from '../../settings/parse.ts';
import { source } from '../support/settings.ts';

describe('defaults', () => {
  it('fills in everything, with the stack in every name', () => {
    expect(parse(source({}))).toEqual({
      host: {},
      registries: {},
      platform: 'docker',
      hardening: 'standard',
      network: {
        name: 'openwebui-network-test',
        encrypted: false,
        internalName: 'openwebui-internal-test',
        gatewayName: 'openwebui-gateway-test',
        external: false,
      },
      valkey: {
        name: 'redis-valkey-test',
        alias: 'redis',
        image: 'docker.io/valkey/valkey:8.0.10-alpine',
        volume: 'redis-data-test',
        adoptVolume: false,
        mounts: [],
        protectData: false,
        persistence: 'aof',
        snapshot: { after: '30s', changes: 1 },
        auth: true,
        highAvailability: false,
        balancer: { image: 'docker.io/library/haproxy:3.0.11-alpine', memory: '128 MiB' },
        maxMemory: '256 MiB',
        networks: {},
        memory: '512 MiB',
        pidsLimit: 256,
        healthcheck: { startPeriod: '5s', interval: '5s', timeout: '3s', retries: 5 },
        log: { driver: 'json-file', maxSize: '1 MB', maxFiles: 1 },
      },
      storage: { kind: 'local', prefix: 'open-webui-test', addressing: 'auto' },
      webui: {
        name: 'open-webui-test',
        image: 'ghcr.io/open-webui/open-webui:v0.12.4',
        volume: 'open-webui-test',
        adoptVolume: false,
        mounts: [],
        protectData: false,
        replicas: 1,
        publish: { port: 3000, address: '127.0.0.1' },
        admin: { email: 'admin@example.com', name: 'Admin' },
        backupBeforeUpgrade: true,
        upgradeTimeout: '10m',
        configuration: 'page',
        signup: 'closed',
        env: {},
        secretEnv: {},
        networks: {},
        memory: '4 GiB',
        pidsLimit: 2048,
        healthcheck: { startPeriod: '2m', interval: '10s', timeout: '5s', retries: 3 },
        log: { driver: 'json-file', maxSize: '10 MB', maxFiles: 3 },
        url: 'http://127.0.0.1:3000',
        processes: 1,
      },
      database: {
        kind: 'sqlite',
        name: 'open-webui-postgres-test',
        image: 'docker.io/pgvector/pgvector:0.8.6-pg17-trixie',
        volume: 'open-webui-postgres-test',
        adoptVolume: false,
        protectData: false,
        memory: '1 GiB',
        pidsLimit: 1024,
        healthcheck: { startPeriod: '1m', interval: '5s', timeout: '5s', retries: 5 },
        log: { driver: 'json-file', maxSize: '10 MB', maxFiles: 3 },
      },
      // Without a domain there is none.
      gateway: {
        name: 'caddy-test',
        image: 'docker.io/library/caddy:2.11.9-alpine',
        volume: 'caddy-data-test',
        adoptVolume: false,
        protectData: false,
        tls: 'acme',
        acme: {},
        certificates: {},
        publish: { http: 80, https: 443, address: '0.0.0.0' },
        trustedProxies: [],
        identityHeaders: [],
        headers: {},
        maxRequestSize: '1 GB',
        waitTimeout: '60s',
        memory: '512 MiB',
        pidsLimit: 256,
        healthcheck: { startPeriod: '10s', interval: '10s', timeout: '3s', retries: 3 },
        log: { driver: 'json-file', maxSize: '10 MB', maxFiles: 5 },
      },
    });
  });

  it.each([
    [{ publish: {} }, 'http://127.0.0.1:3000'],
    [{ publish: { address: '0.0.0.0', port: 8080 } }, 'http://127.0.0.1:8080'],
    [{ publish: { address: '::1' } }, 'http://[::1]:3000'],
    [{ url: 'https://chat.example.com/' }, 'https://chat.example.com'],
    [{ publish: 'none' }, 'http://open-webui-test:8080'],
    [{ publish: 'none', url: 'https://chat.example.com' }, 'https://chat.example.com'],
  ])('derives the address of the page from %j', (webui, url) => {
    expect(parse(source({ webui })).webui.url).toBe(url);
  });

  it('protects the data of production', () => {
    const { valkey, webui } = parse({ ...source({}), stack: 'prod-eu' });
    expect([valkey.protectData, webui.protectData]).toEqual([true, true]);
  });

  it('takes texts, numbers and booleans for variables', () => {
    const { webui } = parse(source({ webui: { env: { A: 'a', B: 1, C: true } } }));
    expect(webui.env).toEqual({ A: 'a', B: '1', C: 'true' });
  });

  it('takes what the wiring sets anyway, for those who paste it from the tutorial', () => {
    const pasted = {
      ENABLE_WEBSOCKET_SUPPORT: 'true',
      WEBSOCKET_MANAGER: 'redis',
      REDIS_KEY_PREFIX: 'open-webui',
      CORS_ALLOW_ORIGIN: 'http://127.0.0.1:3000',
    };
    expect(parse(source({ webui: { env: pasted } })).webui.env).toEqual(pasted);
  });

  it('takes all variables for secret when one of them may be', () => {
    const { env, secretEnv } = parse(source({ webui: { env: { A: 'a' } } }, ['webui'])).webui;
    expect([env, secretEnv]).toEqual([{}, { A: 'a' }]);
  });
});
