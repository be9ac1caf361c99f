import { parse } from '../../settings/parse.ts';
import { env, problem, source } from '../support/settings.ts';

describe('variables against the wiring', () => {
  const wired = (right: string) => `nothing, or ${right}`;
  const own = 'nothing: leave it to the deployment';

  it.each<[string, unknown, string, string, string]>([
    [
      'WEBSOCKET_MANAGER',
      'Redis',
      'Open WebUI knows only the lower-case "redis" and would silently run without Valkey',
      wired('redis'),
      'remove it',
    ],
    ['WEBSOCKET_MANAGER', '', 'the deployment sets it', wired('redis'), 'remove it'],
    [
      'ENABLE_WEBSOCKET_SUPPORT',
      false,
      'without websockets nothing would go through Valkey',
      wired('true'),
      'remove it',
    ],
    [
      'WEBSOCKET_REDIS_URL',
      'valkey://redis:6379/1',
      'Open WebUI exits at startup with a valkey:// address: the scheme is redis://',
      own,
      'remove it',
    ],
    [
      'WEBSOCKET_REDIS_URL',
      'redis://127.0.0.1:6379/1',
      'inside the container that is the web UI itself, not Valkey',
      own,
      'remove it',
    ],
    [
      'REDIS_URL',
      'redis://LOCALHOST:6379/0',
      'inside the container that is the web UI itself, not Valkey',
      own,
      'remove it',
    ],
    ['REDIS_URL', 'redis://elsewhere:6379/0', 'the deployment sets the address of its own Valkey', own, 'remove it'],
    [
      'REDIS_KEY_PREFIX',
      'mine',
      "Open WebUI's user in Valkey may use no other keys, and no other stack uses this Valkey",
      wired('open-webui'),
      'remove it',
    ],
    ['REDIS_SENTINEL_HOSTS', 'a', 'the deployment runs a single Valkey', own, 'remove it'],
    ['REDIS_CLUSTER', 'true', 'the deployment runs a single Valkey', wired('false'), 'remove it'],
    [
      'WEBUI_SECRET_KEY',
      'x',
      'the deployment generates the key and keeps it',
      own,
      'remove it and set webui.sessionKey',
    ],
    [
      'WEBUI_ADMIN_EMAIL',
      'me@example.com',
      'the deployment creates the administrator',
      wired('admin@example.com'),
      'remove it and set webui.admin.email',
    ],
    [
      'WEBUI_ADMIN_NAME',
      'Me',
      'the deployment creates the administrator',
      wired('Admin'),
      'remove it and set webui.admin.name',
    ],
    ['WEBUI_ADMIN_PASSWORD', 'x', 'the deployment creates the administrator', own, 'remove it'],
    [
      'WEBUI_AUTH',
      'False',
      'the deployment creates an administrator, and sign-in cannot be turned off once there is a user',
      wired('true'),
      'remove it',
    ],
    [
      'ENABLE_SIGNUP',
      'True',
      'the deployment sets it',
      wired('false'),
      'remove it and set webui.signup: open together with webui.configuration: file',
    ],
    [
      'ENABLE_PERSISTENT_CONFIG',
      false,
      'the deployment sets it',
      wired('true'),
      'remove it and set webui.configuration',
    ],
    ['PORT', 80, 'the deployment sets it', wired('8080'), 'remove it and set webui.publish.port'],
    [
      'CORS_ALLOW_ORIGIN',
      'chat.example.com',
      'Open WebUI exits at startup if one of them is not an address',
      '* or a list of http:// and https:// addresses separated by ";"',
      'write it as "http://127.0.0.1:3000"',
    ],
    [
      'CORS_ALLOW_ORIGIN',
      'https://a.example.com;https://b.example.com',
      "the page's own websocket would be refused",
      '* or a list of http:// and https:// addresses separated by ";"',
      'add http://127.0.0.1:3000',
    ],
    [
      'UVICORN_WORKERS',
      4,
      'several processes would change the same SQLite file at startup, and all but one exit',
      '1 without Postgres: database.kind, or a database of your own in DATABASE_URL or in DATABASE_TYPE and its parts',
      'set database.kind to postgres, or write it as "1"',
    ],
    [
      'WEBSOCKET_REDIS_OPTIONS',
      '{socket_timeout: 1}',
      'Open WebUI would ignore it',
      'a JSON object as text',
      `write it as '{"socket_timeout": null}'`,
    ],
  ])('%s=%j', (variable, value, reason, allowed, fix) => {
    const [key, given, ...rest] = problem(env(variable, value));
    expect(key).toBe(`open-webui:webui.env.${variable}`);
    const secret = /^WEBUI_(SECRET_KEY|ADMIN_PASSWORD)$/.test(variable);
    expect(given).toBe(`${secret ? '(not shown: it may be a secret)' : JSON.stringify(value)} (${reason})`);
    expect(rest).toEqual([allowed, fix]);
  });

  it('takes the address of an open Valkey, as the tutorial has it', () => {
    const given = { valkey: { auth: false }, webui: { env: { WEBSOCKET_REDIS_URL: 'redis://redis:6379/1' } } };
    expect(parse(source(given)).valkey.auth).toBe(false);
  });

  it('refuses UVICORN_WORKERS that is no number', () => {
    expect(problem(env('UVICORN_WORKERS', 'many'))).toEqual([
      'open-webui:webui.env.UVICORN_WORKERS',
      '"many"',
      'a whole number from 1 to 999',
      'write it as "1"',
    ]);
  });

  describe('several processes', () => {
    const parts = {
      DATABASE_TYPE: 'postgresql',
      DATABASE_USER: 'owui',
      DATABASE_HOST: 'db.example.com',
      DATABASE_PORT: '5432',
      DATABASE_NAME: 'owui',
    };
    const workers = (env: Record<string, string>, image = 'ghcr.io/open-webui/open-webui:v0.12.4') => ({
      webui: { image, env: { UVICORN_WORKERS: '4', ...env } },
    });

    it.each([
      [{ DATABASE_URL: 'postgresql://db.example.com/owui' }],
      [{ DATABASE_URL: 'postgres://db.example.com/owui' }],
      [{ DATABASE_URL: 'postgresql+psycopg2://db.example.com/owui' }],
      [parts],
      [{ ...parts, DATABASE_URL: 'sqlite:////app/backend/data/webui.db' }],
    ])('are taken with a Postgres and a vector store elsewhere: %j', (database) => {
      for (const store of [
        { VECTOR_DB: 'pgvector' },
        { VECTOR_DB: 'chroma', CHROMA_HTTP_HOST: 'chroma.example.com' },
      ]) {
        expect(parse(source(workers({ ...database, ...store }))).webui.processes).toBe(4);
      }
    });

    it('are refused with parts that make no address', () => {
      const { DATABASE_NAME: _, ...incomplete } = parts;
      expect(problem(workers({ ...incomplete, VECTOR_DB: 'pgvector' }))[1]).toBe(
        '"4" (several processes would change the same SQLite file at startup, and all but one exit)',
      );
    });

    it.each([[{}], [{ VECTOR_DB: 'chroma' }]])('are refused with Chroma in the container: %j', (store) => {
      expect(problem(workers({ ...parts, ...store }))).toEqual([
        'open-webui:webui.env.UVICORN_WORKERS',
        '"4" (several processes would write to the same files of Chroma, the default vector store, and crash)',
        '1 without a vector store that is a server, such as VECTOR_DB: pgvector',
        'write it as "1", or set VECTOR_DB',
      ]);
    });

    it.each(['ghcr.io/open-webui/open-webui:v0.12.4-slim', 'local/open-webui:1', 'example.com/chat:1'])(
      'are taken where %s may have another default',
      (image) => {
        expect(parse(source(workers(parts, image))).webui.processes).toBe(4);
      },
    );
  });

  it.each([
    ['ENABLE_WEBSOCKET_SUPPORT', 'True'],
    ['WEBUI_AUTH', 'TRUE'],
    ['ENABLE_SIGNUP', 'False'],
    ['ENABLE_PERSISTENT_CONFIG', 'True'],
    ['REDIS_CLUSTER', 'False'],
    ['WEBUI_SECRET_KEY', ''],
    ['WEBUI_ADMIN_PASSWORD', ''],
    ['REDIS_URL', ''],
    ['REDIS_SENTINEL_HOSTS', ''],
    ['WEBUI_ADMIN_EMAIL', 'admin@example.com'],
    ['WEBUI_ADMIN_NAME', 'Admin'],
  ])('takes %s=%s, which says what the deployment does anyway', (name, value) => {
    expect(parse(source(env(name, value))).webui.env).toEqual({ [name]: value });
  });

  it('never names an administrator in a section with secrets', () => {
    const given = { webui: { admin: { email: 'boss@example.com' }, env: { WEBUI_ADMIN_EMAIL: 'me@example.com' } } };
    const lines = problem(given, ['webui']);
    expect(lines.slice(2)).toEqual(['nothing: leave it to the deployment', 'remove it and set webui.admin.email']);
    expect(lines.join()).not.toContain('@');
  });
});

describe('origins', () => {
  const allowed = '* or a list of http:// and https:// addresses separated by ";"';
  const asText = 'an origin is compared as text, and no browser sends it with a path, a slash at the end, or spaces';
  const own = 'http://127.0.0.1:3000';

  it.each([
    [`${own}/`, own],
    [`${own}/chat`, own],
    [`${own}; https://b.example.com`, `${own};https://b.example.com`],
    ['https://B.example.com:443', `https://b.example.com;${own}`],
  ])('%s is refused with the spelling that works', (value, meant) => {
    expect(problem(env('CORS_ALLOW_ORIGIN', value))).toEqual([
      'open-webui:webui.env.CORS_ALLOW_ORIGIN',
      `${JSON.stringify(value)} (${asText})`,
      allowed,
      `write it as "${meant}"`,
    ]);
  });

  it('are not repeated where the section has secrets', () => {
    expect(problem(env('CORS_ALLOW_ORIGIN', `${own}/`), ['webui']).slice(1)).toEqual([
      `(not shown: it may be a secret) (${asText})`,
      allowed,
      'write each as scheme, host and port only',
    ]);
  });

  it.each([
    [{ CORS_ALLOW_ORIGIN: `${own};https://b.example.com` }],
    [{ CORS_ALLOW_ORIGIN: `${own};app://chat`, CORS_ALLOW_CUSTOM_SCHEME: 'app' }],
  ])('%j is taken', (variables) => {
    expect(parse(source({ webui: { env: variables } })).webui.env).toEqual(variables);
  });

  it('are compared without the port that is the default of their scheme', () => {
    const given = { webui: { publish: { port: 80 }, env: { CORS_ALLOW_ORIGIN: 'http://127.0.0.1' } } };
    expect(parse(source(given)).webui.url).toBe('http://127.0.0.1:80');
  });
});

describe('quotes that came out of a Compose file', () => {
  const reason =
    'these quotes are a part of the value; a Compose file keeps them in list entries such as - NAME="value"';

  it.each([
    ['WEBSOCKET_MANAGER', '"redis"', 'write it as "redis"'],
    ['GLOBAL_LOG_LEVEL', "'INFO'", 'write it as "INFO"'],
    ['OPENAI_API_CONFIGS', `'{"0":{}}'`, 'remove them from the value'],
    ['CORS_ALLOW_ORIGIN', '"*"', 'write it as "*"'],
  ])('%s=%s is refused for them alone', (name, value, fix) => {
    expect(problem(env(name, value))).toEqual([
      `open-webui:webui.env.${name}`,
      `${JSON.stringify(value)} (${reason})`,
      'a value without literal quotes',
      fix,
    ]);
  });

  it('are said without the secret between them', () => {
    expect(problem(env('OPENAI_API_KEY', '"hunter2"')).slice(1)).toEqual([
      `(not shown: it may be a secret) (${reason})`,
      'a value without literal quotes',
      'remove them from the value',
    ]);
  });

  it.each([
    ['WEBUI_NAME', '"A" and "B"'],
    ['RAG_TEMPLATE', '"Answer from the context."'],
    ['WEBUI_NAME', '"'],
  ])('%s=%s is taken', (name, value) => {
    expect(parse(source(env(name, value))).webui.env).toEqual({ [name]: value });
  });
});
