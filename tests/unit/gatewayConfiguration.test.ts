/** What Caddy is configured to do, and what it never does. */

import { configurationFiles, configurationOf } from '../../components/gateway/configuration.ts';
import type { Configured } from '../../components/gateway/configured.ts';
import { tooLargeAnswers, waitingAnswers } from '../../components/gateway/pages.ts';
import { gatewayPorts, gatewayUrls, isPublic, openedAt, originsOf } from '../../core/gateway.ts';

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
/** What passes requests on to the web UI, for all that the queue does not take. */
const direct = (more?: Partial<Configured>): Any => handlers(more).at(-1);
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
  const locations = (url: string) =>
    serversOf({ publish: { http: 8080, https: 8443 }, url }).redirect.routes.map(
      ({ handle }: Any) => handle[0].headers?.Location?.[0],
    );
  // A router forwards 443 to 8443.
  expect(locations('https://chat.example.com')[1]).toBe('https://www.example.com{http.request.uri}');
  expect(locations('http://chat.example.com')[1]).toBe('https://www.example.com:8443{http.request.uri}');
  expect(Object.keys(serversOf({ tls: 'off' }))).toEqual(['health', 'queue', 'page']);
});

it('is administered by a socket that no network reaches, and shows its health inside alone', () => {
  expect(configured().admin).toEqual({ listen: 'unix//dev/shm/caddy.sock|0600', config: { persist: false } });
  expect(serversOf().health.listen).toEqual(['127.0.0.1:2018']);
});

it('holds requests while nothing accepts connections, and nothing else back', () => {
  expect(direct({ waitTimeout: '2m' })).toMatchObject({
    handler: 'reverse_proxy',
    upstreams: [{ dial: 'open-webui:8080' }],
    load_balancing: { try_duration: '2m' },
    flush_interval: -1,
    stream_close_delay: '24h',
    transport: { keep_alive: { enabled: false, probe_interval: '1s' }, compression: false },
  });
  expect(handler('encode').match.headers['Content-Type'].join()).not.toContain('event-stream');
  expect(handler('request_body', { maxRequestSize: '5 MB' }).max_size).toBe(5_000_000);
});

describe('the queue of short requests', () => {
  it('has more at a time of several web UIs, and asks for those that are there now', () => {
    const several = { several: true, upstream: 'tasks.open-webui:8080' };
    const [first] = serversOf(several).queue.routes;
    expect(first.handle[0]).toMatchObject({
      dynamic_upstreams: { source: 'a', name: 'tasks.open-webui', port: '8080', refresh: '500ms' },
      load_balancing: { selection_policy: { policy: 'least_conn' } },
    });
    expect(JSON.stringify(configured(several))).toContain('"max_conns_per_host":64');
    expect(JSON.stringify(configured(several))).not.toContain('"dial":"tasks.open-webui:8080"');
  });

  const way = () => handlers().find(({ transport }) => transport?.max_conns_per_host);
  const [read, write] = way().match;
  const reads = (path: string) =>
    read.path.some((one: string) => (one.endsWith('*') ? path.startsWith(one.slice(0, -1)) : path === one)) &&
    !read.not[0].path.some((one: string) => path.startsWith(one.replace('*', '')));
  const writes = (path: string) => new RegExp(write.path_regexp.pattern).test(path);

  it('takes what only reads or writes the database', () => {
    for (const path of ['/api/config', '/api/v1/auths/', '/api/v1/chats/?page=1', '/api/v1/users/user/settings'])
      expect([path, reads(path)]).toEqual([path, true]);
    for (const path of ['/api/v1/chats/new', '/api/v1/chats/c1', '/api/v1/users/user/settings/update'])
      expect([path, writes(path)]).toEqual([path, true]);
    expect([read.method, write.method]).toEqual([['GET', 'HEAD'], ['POST']]);
  });

  it.each([
    ...['GET /', 'GET /ws/socket.io/', 'GET /api/models', 'GET /api/v1/chats/all/db', 'GET /api/v1/chats/stats/export'],
    ...['GET /api/v1/files/f1/content', 'GET /api/v1/knowledge/k1', 'POST /api/v1/auths/signin', 'POST /api/v1/files/'],
    ...['POST /api/chat/completions', 'POST /ollama/api/chat', 'POST /openai/chat/completions'],
    ...['POST /api/v1/retrieval/process/file', 'POST /api/v1/tasks/title/completions', 'POST /api/v1/memories/add'],
    ...['POST /api/v1/channels/c1/messages/post', 'POST /api/v1/chats/c1/compact'],
    ...['POST /api/v1/chats/c1/messages/m1/resolve', 'POST /api/v1/chats/c1/messages/m1/event'],
  ])('never takes %s, which may wait for something else or be long', (request) => {
    const [method, path = ''] = request.split(' ');
    expect(method === 'GET' ? reads(path) : writes(path)).toBe(false);
  });

  it('is a server for its own container, over a few connections that slow clients do not keep', () => {
    const { listen, protocols, logs, trusted_proxies } = serversOf().queue;
    expect([listen, protocols, logs]).toEqual([['127.0.0.1:2017'], ['h1'], undefined]);
    expect(trusted_proxies).toEqual({ source: 'static', ranges: ['127.0.0.1/32'] });
    expect(way()).toMatchObject({ upstreams: [{ dial: '127.0.0.1:2017' }], transport: { max_conns_per_host: 16 } });
    expect(way().request_buffers).toBeGreaterThan(handlers()[handlers().indexOf(way()) - 1]?.max_size ?? 0);
    expect(new RegExp(write.header_regexp['Content-Length'].pattern).test('1000000')).toBe(false);
    expect(way().load_balancing).toEqual({ try_duration: '60s', try_interval: '100ms' });
  });

  it('lets a request wait for what is left of its time, and no longer', () => {
    const { routes, errors } = serversOf({ waitTimeout: '60s' }).queue;
    const waits = routes
      .slice(0, -1)
      .map(({ match, handle }: Any) => [
        Number(match[0].expression.split('< ')[1]),
        Number.parseInt(handle[0].load_balancing.try_duration, 10),
      ]);
    expect([waits[0], waits.at(-1)]).toEqual([
      [5000, 60_000],
      [60_000, 5000],
    ]);
    for (const [age, left] of waits) expect(age + left).toBe(65_000);
    expect(routes.at(-1)).toEqual({ handle: [{ handler: 'error', status_code: 503 }] });
    expect(errors).toEqual(serversOf().page.errors);
    for (const { headers, flush_interval } of routes.slice(0, -1).map(({ handle }: Any) => handle[0])) {
      expect([headers.request.delete, flush_interval]).toEqual([['Forwarded', 'X-Waiting-Since'], -1]);
    }
  });
});

it('sends headers that keep a page safe, and others where configured', () => {
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

it('passes on one address of a client, found from the right, and lets no client name its own user', () => {
  expect(direct().headers.request).toEqual({
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

it('gets its certificates from the configured authority', () => {
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
  expect(openedAt({ ...at, tls: 'off' })).toEqual(['http://a.example:8080']);
  const several = { ...at, domain: ['a.example', 'b.example'], tls: 'off' } as const;
  expect(openedAt(several, 'https://a.example')).toEqual(['https://a.example', 'https://b.example']);
  expect(openedAt(several, 'https://a.example:9443/')).toEqual(['https://a.example:9443', 'https://b.example:9443']);
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
