export const ADDRESS = '127.0.0.1';
export const LOG_DRIVER = 'json-file';
export const ROTATING_DRIVERS = [LOG_DRIVER, 'local'];
export const STOP_GRACE = '30s';
export const balancerDefaults = {
    image: 'docker.io/library/haproxy:3.0.11-alpine',
    memory: '128 MiB',
    pidsLimit: 64,
    healthcheck: { startPeriod: '5s', interval: '5s', timeout: '3s', retries: 5 },
    log: { driver: LOG_DRIVER, maxSize: '1 MB', maxFiles: 1 },
};
export const valkeyDefaults = {
    image: 'docker.io/valkey/valkey:8.0.10-alpine',
    protectData: false,
    hardening: 'standard',
    persistence: 'aof',
    snapshot: { after: '30s', changes: 1 },
    highAvailability: false,
    maxMemory: '256 MiB',
    memory: '512 MiB',
    pidsLimit: 256,
    healthcheck: { startPeriod: '5s', interval: '5s', timeout: '3s', retries: 5 },
    log: { driver: LOG_DRIVER, maxSize: '1 MB', maxFiles: 1 },
};
export const postgresDefaults = {
    image: 'docker.io/pgvector/pgvector:0.8.6-pg17-trixie',
    protectData: false,
    processes: 1,
    memory: '1 GiB',
    pidsLimit: 1024,
    healthcheck: { startPeriod: '1m', interval: '5s', timeout: '5s', retries: 5 },
    log: { driver: LOG_DRIVER, maxSize: '10 MB', maxFiles: 3 },
};
export const webuiDefaults = {
    image: 'ghcr.io/open-webui/open-webui:v0.12.4',
    protectData: false,
    hardening: 'standard',
    replicas: 1,
    publish: { port: 3000, address: ADDRESS },
    admin: { email: 'admin@example.com', name: 'Admin' },
    configuration: 'page',
    signup: 'closed',
    env: {},
    secretEnv: {},
    memory: '4 GiB',
    pidsLimit: 2048,
    healthcheck: { startPeriod: '2m', interval: '10s', timeout: '5s', retries: 3 },
    log: { driver: LOG_DRIVER, maxSize: '10 MB', maxFiles: 3 },
};
export const gatewayDefaults = {
    image: 'docker.io/library/caddy:2.11.9-alpine',
    protectData: false,
    hardening: 'standard',
    tls: 'acme',
    publish: { http: 80, https: 443, address: '0.0.0.0' },
    headers: {},
    maxRequestSize: '1 GB',
    waitTimeout: '60s',
    memory: '512 MiB',
    pidsLimit: 256,
    healthcheck: { startPeriod: '10s', interval: '10s', timeout: '3s', retries: 3 },
    log: { maxSize: '10 MB', maxFiles: 5 },
};
export function completed(args, defaults) {
    const given = args;
    const filled = Object.entries(defaults).map(([key, value]) => {
        const one = given[key] ?? value;
        return [key, typeof value === 'object' && typeof one === 'object' ? completed(one, value) : one];
    });
    return { ...args, ...Object.fromEntries(filled) };
}
