/** What Caddy is told to do, and what it never does. */

import { configurationFiles, configurationOf } from '../../components/gateway/configuration.ts';
import type { Configured } from '../../components/gateway/configured.ts';
import { tooLargeAnswers, waitingAnswers } from '../../components/gateway/pages.ts';
import { gatewayPorts, gatewayUrls, isPublic, originsOf } from '../../core/gateway.ts';

const gateway: Configured = {
  ...{ domain: ['chat.example.com', 'www.example.com'], tls: 'acme', publish: { http: 80, https: 443 }, acme: {} },
  ...{ trustedProxies: [], headers: {}, maxRequestSize: '1 GB', waitTimeout: '60s', upstream: 'open-webui:8080' },
  identityHeaders: [],
};

// biome-ignore lint/suspicious/noExplicitAny: Caddy's own JSON, of which each test reads another part
type Any = any;

const configured = (more: Partial<Configured> = {}): Any => configurationOf({ ...gateway, ...more });
const serversOf = (more?: Partial<Configured>): Any => configured(more).apps.http.servers;
/** What handles a request for the page, in its order. */
const handlers = (more?: Partial<Configured>): Any[] =>
  serversOf(more).page.routes[0].handle[0].routes.flatMap(({ handle, match }: Any) =>
    handle.map((one: Any) => ({ ...one, ...(match && { match }) })),
  );
const handler = (name: string, more?: Partial<Configured>): Any => handlers(more).find((one) => one.handler === name);
const sent = (more?: Partial<Configured>): Any => handler('headers', more).response.set;

it('answers for its domains alone, and leads HTTP to the published HTTPS', () => {
  const { page, redirect } = serversOf({ publish: { http: 8080, https: 8443 } });
  expect(page.routes[0].match).toEqual([{ host: ['chat.example.com', 'www.example.com'] }]);
  expect(page.routes[1].handle[0].status_code).toBe(421);
  expect(redirect.routes.map(({ handle }: Any) => handle[0].headers?.Location?.[0])).toEqual([
    'https://chat.example.com:8443{http.request.uri}',
    'https://www.example.com:8443{http.request.uri}',
    undefined,
  ]);
  expect(Object.keys(serversOf({ tls: 'off' }))).toEqual(['health', 'page']);
});

it('is administered by a socket that no network reaches, and shows its health inside alone', () => {
  expect(configured().admin).toEqual({ listen: 'unix//dev/shm/caddy.sock|0600', config: { persist: false } });
  expect(serversOf().health.listen).toEqual(['127.0.0.1:2018']);
});

it('holds requests while nothing accepts connections, and nothing else back', () => {
  expect(handler('reverse_proxy', { waitTimeout: '2m' })).toMatchObject({
    upstreams: [{ dial: 'open-webui:8080' }],
    load_balancing: { try_duration: '2m' },
    flush_interval: -1,
    stream_close_delay: '24h',
    transport: { keep_alive: { enabled: false }, compression: false },
  });
  expect(handler('encode').match.headers['Content-Type'].join()).not.toContain('event-stream');
  expect(handler('request_body', { maxRequestSize: '5 MB' }).max_size).toBe(5_000_000);
});

it('sends headers that keep a page safe, and others where it is told to', () => {
  expect(sent()).toEqual({
    'Strict-Transport-Security': ['max-age=31536000'],
    'X-Content-Type-Options': ['nosniff'],
    'X-Frame-Options': ['SAMEORIGIN'],
    'Referrer-Policy': ['strict-origin-when-cross-origin'],
  });
  expect(Object.keys(sent({ tls: 'off' }))).not.toContain('Strict-Transport-Security');
  const headers = { 'x-frame-options': false, 'referrer-policy': 'no-referrer', 'X-More': 'yes' } as const;
  expect(sent({ headers })).toEqual({
    'Strict-Transport-Security': ['max-age=31536000'],
    'X-Content-Type-Options': ['nosniff'],
    'referrer-policy': ['no-referrer'],
    'X-More': ['yes'],
  });
});

it('has files with their content in their names cached for ever, and the page never', () => {
  const [immutable, shell] = handlers().filter(({ response }) => response?.set['Cache-Control']);
  expect([immutable.match, immutable.response.require, immutable.response.set]).toEqual([
    [{ path: ['/_app/immutable/*'] }],
    { status_code: [2] },
    { 'Cache-Control': ['public, max-age=31536000, immutable'] },
  ]);
  expect(shell.response.require).toEqual({ headers: { 'Content-Type': ['text/html*'] } });
  expect(shell.response.set).toEqual({ 'Cache-Control': ['no-store'] });
});

it('tells the web UI one address of a client, found from the right, and lets nobody else say who somebody is', () => {
  expect(handler('reverse_proxy').headers.request).toEqual({
    set: { 'X-Forwarded-For': ['{http.vars.client_ip}'], 'X-Real-Ip': ['{http.vars.client_ip}'] },
    delete: ['Forwarded'],
  });
  expect(serversOf().page).not.toHaveProperty('trusted_proxies');
  const trustedProxies = ['10.0.0.0/8'];
  expect(serversOf({ trustedProxies }).page).toMatchObject({
    trusted_proxies: { source: 'static', ranges: trustedProxies },
    trusted_proxies_strict: 1,
  });
  const identityHeaders = ['X-Email'];
  const strips = ({ request }: Any) => request?.delete?.includes('X-Email');
  expect(handlers({ identityHeaders }).find(strips)).not.toHaveProperty('match');
  expect(handlers({ identityHeaders, trustedProxies }).find(strips).match).toEqual([
    { not: [{ remote_ip: { ranges: trustedProxies } }] },
  ]);
});

it('logs no header and no query, in the access log and elsewhere', () => {
  const { access, default: rest } = configured().logging.logs;
  for (const { encoder } of [access, rest]) {
    expect(encoder.fields).toEqual({
      'request>headers': { filter: 'delete' },
      resp_headers: { filter: 'delete' },
      'request>uri': { filter: 'regexp', regexp: '\\?.*', value: '?…' },
    });
  }
  expect([access.include, rest.exclude]).toEqual([['http.log.access.access'], ['http.log.access.access']]);
});

it('gets its certificates where it is told to', () => {
  const issuers = (more?: Partial<Configured>) => configured(more).apps.tls.automation.policies[0].issuers;
  expect(issuers()).toEqual([{ module: 'acme' }]);
  expect(issuers({ acme: { email: 'a@b.example', server: 'https://ca.example/dir' } })).toEqual([
    { module: 'acme', email: 'a@b.example', ca: 'https://ca.example/dir' },
  ]);
  expect(issuers({ tls: 'internal' })).toEqual([{ module: 'internal' }]);
  expect(configured({ tls: 'off' }).apps).not.toHaveProperty('tls');
  const certificates = { chain: 'CHAIN', key: 'KEY' };
  expect(configured({ tls: 'files', certificates }).apps.tls.certificates).toEqual({
    load_pem: [{ certificate: 'CHAIN', key: 'KEY' }],
  });
});

it("names the file of an authority's root by its content, so that another one is read", () => {
  const files = (trustedRoot: string) => configurationFiles({ ...gateway, acme: { trustedRoot } });
  const [name = ''] = Object.keys(files('ONE')).filter((one) => one !== 'caddy.json');
  expect(name).toMatch(/^acme-root-[0-9a-f]{12}\.pem$/);
  expect(files('ONE')[name]).toBe('ONE');
  expect(files('ONE')['caddy.json']).toContain(`/etc/caddy/live/${name}`);
  expect(Object.keys(files('TWO'))).not.toContain(name);
  expect(Object.keys(configurationFiles(gateway))).toEqual(['caddy.json']);
});

it('says in the language of a browser that it waits, and in JSON to a program', () => {
  const routes: Any[] = serversOf().page.errors.routes;
  const waiting = routes.filter(({ match }) => match?.[0].vars['{http.error.status_code}'].includes('502'));
  const languages = waiting.map(({ match: [{ header_regexp: language }] }) => language?.['Accept-Language'].pattern);
  expect(languages).toEqual([
    ...['de', 'fr', 'ja', 'pt', 'zh'].map((one) => `(?i)^\\s*${one}\\b`),
    undefined,
    undefined,
  ]);
  for (const { handle } of waiting) {
    expect(handle[0]).toMatchObject({
      status_code: 503,
      headers: { 'Retry-After': ['5'], 'Cache-Control': ['no-store'] },
    });
  }
  const json = waiting.at(-1)?.handle[0];
  expect(json.headers['Content-Type']).toEqual(['application/json']);
  expect(JSON.parse(json.body)).toEqual({ detail: 'The chat is restarting. Try again in 5 seconds.' });
  for (const [language, html] of waitingAnswers().pages) {
    expect(html).toContain(`<html lang="${language}">`);
    expect(html).toContain('<meta http-equiv="refresh" content="5">');
  }
  for (const [, html] of tooLargeAnswers('1 GB').pages) {
    expect(html).toContain('1 GB');
    expect(html).not.toContain('refresh');
  }
});

it('has origins, ports and addresses that follow from what is published', () => {
  const at = { domain: ['a.example'], publish: { http: 8080, https: 8443, address: '127.0.0.1' } } as const;
  expect(originsOf({ ...at, tls: 'acme' })).toEqual(['https://a.example:8443']);
  expect(originsOf({ ...at, tls: 'off' })).toEqual(['http://a.example:8080']);
  expect(originsOf({ ...gateway, domain: ['a.example'] })).toEqual(['https://a.example']);
  expect(gatewayPorts({ ...at, tls: 'acme' })).toEqual([
    { port: 8080, inside: 80 },
    { port: 8443, inside: 443 },
  ]);
  expect(gatewayPorts({ ...at, tls: 'off' })).toHaveLength(1);
  expect(gatewayUrls({ ...at, tls: 'acme' })).toEqual({
    http: 'http://127.0.0.1:8080',
    https: 'https://127.0.0.1:8443',
  });
  expect(gatewayUrls({ ...at, tls: 'off' })).toEqual({ http: 'http://127.0.0.1:8080' });
  expect(
    ['chat.example.com', 'chat.de', 'localhost', 'chat', 'a.test', 'a.home.arpa', 'a.internal'].filter(isPublic),
  ).toEqual(['chat.example.com', 'chat.de']);
});
