/** Variables that would lose data, ask the wrong machine or do nothing. */

import { looksSecret } from '../../core/secretPatterns.ts';
import { PANEL_VARIABLES, VARIABLES } from '../../core/webuiVariables.ts';
import { tooLate } from '../../preflight/panel.ts';
import { parse } from '../../settings/parse.ts';
import { RENAMED } from '../../settings/rules/variables.ts';
import { warningsOf } from '../../settings/warnings.ts';
import { env, problem, source } from '../support/settings.ts';

const lost =
  'the data volume is mounted at /app/backend/data, and everything outside of the data volume is lost with the container';

describe('a place outside of the deployment', () => {
  it.each<[string, string, string, string, string]>([
    ['DATA_DIR', '/data', lost, 'nothing, or /app/backend/data', 'remove it'],
    ['DATA_DIR', 'elsewhere', lost, 'nothing, or /app/backend/data', 'remove it'],
    [
      ...(['FROM_INIT_PY', 'true'] as const),
      'Open WebUI would move its data out of /app/backend/data, and everything outside of the data volume is lost with the container',
      ...(['nothing, or false', 'remove it'] as const),
    ],
    [
      ...(['HOST', '127.0.0.1'] as const),
      'the published port reaches the container from outside, and the health check from inside',
      ...(['nothing, or 0.0.0.0', 'remove it and set webui.publish.address'] as const),
    ],
    [
      ...(['UVICORN_UDS', '/tmp/socket'] as const),
      'the health check and the published port speak HTTP to one port of the container',
      ...(['nothing: leave it to the deployment', 'remove it; put a TLS proxy in front of the page'] as const),
    ],
    ['AUDIT_LOGS_FILE_PATH', '/var/log/audit.log', lost, 'a path below /app/backend/data', 'remove it'],
    ['MILVUS_URI', '/milvus.db', lost, 'a path below /app/backend/data', 'remove it'],
    ...[
      'sqlite:////tmp/x.db',
      'sqlite:///other.db',
      'sqlite+sqlcipher:////srv/webui.db',
      'sqlite://',
      'sqlite:///:memory:',
    ].map((url): [string, string, string, string, string] => [
      ...(['DATABASE_URL', url] as const),
      'with SQLite, only /app/backend/data/webui.db is in the data volume and in backups',
      ...(['nothing, or the address of a Postgres database', 'remove it'] as const),
    ]),
  ])('%s=%s is refused', (name, value, reason, allowed, fix) => {
    expect(problem(env(name, value))).toEqual([
      `open-webui:webui.env.${name}`,
      `${JSON.stringify(value)} (${reason})`,
      allowed,
      fix,
    ]);
  });

  it.each([
    ['DATA_DIR', '/app/backend/data'],
    ['DATA_DIR', './data'],
    ['HOST', '0.0.0.0'],
    ['DATABASE_URL', 'sqlite:////app/backend/data/webui.db'],
    ['DATABASE_URL', 'sqlite:///data/webui.db?timeout=5'],
    ['DATABASE_URL', 'postgresql://db/owui'],
    ['AUDIT_LOGS_FILE_PATH', '/dev/stdout'],
    ['AUDIT_LOGS_FILE_PATH', '/app/backend/data/audit/log'],
    ['MILVUS_URI', 'http://milvus:19530'],
  ])('%s=%s is taken', (name, value) => {
    expect(parse(source(env(name, value))).webui.env[name]).toBe(value);
  });
});

describe('localhost in an address that the web UI opens', () => {
  const itself = 'inside the container that is the web UI itself, not the Docker host';

  it.each<[string, string, string]>([
    ['OLLAMA_BASE_URL', 'http://localhost:11434', 'http://host.docker.internal:11434'],
    ['OPENAI_API_BASE_URL', 'http://127.0.0.1:1234/v1', 'http://host.docker.internal:1234/v1'],
    [
      'OPENAI_API_BASE_URLS',
      'https://api.openai.com/v1;http://LOCALHOST/v1',
      'https://api.openai.com/v1;http://host.docker.internal/v1',
    ],
    ['SEARXNG_QUERY_URL', 'http://[::1]:8888/search?q=<query>', 'http://host.docker.internal:8888/search?q=<query>'],
    ['HTTPS_PROXY', 'http://127.0.0.1:3128', 'http://host.docker.internal:3128'],
    ['http_proxy', '127.0.0.1:3128', 'host.docker.internal:3128'],
    ['PLAYWRIGHT_WS_URL', 'ws://0.0.0.0:3000', 'ws://host.docker.internal:3000'],
    ['LDAP_SERVER_HOST', 'localhost', 'host.docker.internal'],
    ['DATABASE_URL', 'postgresql://owui@localhost/owui', 'postgresql://owui@host.docker.internal/owui'],
    ['TOOL_SERVER_CONNECTIONS', '[{"url":"http://localhost:8000"}]', '[{"url":"http://host.docker.internal:8000"}]'],
  ])('%s=%s is refused', (name, value, meant) => {
    expect(problem(env(name, value))).toEqual([
      `open-webui:webui.env.${name}`,
      `${JSON.stringify(value)} (${itself})`,
      'an address that the container can reach; the Docker host is host.docker.internal',
      `write it as "${meant}"`,
    ]);
  });

  it('is refused without a word of a secret in it', () => {
    const lines = problem(env('OPENAI_API_BASE_URL', 'http://me:hunter2@localhost/v1'), ['webui']);
    expect(lines.slice(1, 2)).toEqual([`(not shown: it may be a secret) (${itself})`]);
    expect(lines.at(-1)).toBe('write host.docker.internal instead of localhost');
    expect(lines.join()).not.toContain('hunter2');
  });

  it.each([
    ['OLLAMA_BASE_URL', 'http://localhost.example.com'],
    ['OLLAMA_BASE_URL', 'http://127.example.com'],
    ['CORS_ALLOW_ORIGIN', 'http://127.0.0.1:3000;http://localhost:3000'],
    ['NO_PROXY', 'localhost,127.0.0.1'],
    ['MICROSOFT_REDIRECT_URI', 'http://localhost:3000/oauth/microsoft/callback'],
    ['WEBUI_NAME', 'localhost'],
    // Ollama's own: where it listens. Open WebUI reads no such variable.
    ['OLLAMA_HOST', '0.0.0.0'],
  ])('%s=%s is none', (name, value) => {
    expect(parse(source(env(name, value))).webui.env[name]).toBe(value);
  });

  it.each(['ghcr.io/open-webui/open-webui:v0.12.4-ollama', 'registry.example.com/all-in-one:1.2.3'])(
    'is taken with a warning where %s may have that server inside',
    (image) => {
      const settings = parse(source({ webui: { image, env: { OLLAMA_BASE_URL: 'http://localhost:11434' } } }));
      expect(warningsOf(settings)).toEqual([
        `webui.env.OLLAMA_BASE_URL names localhost: ${itself}. Unless ${image} has that server inside, write host.docker.internal.`,
      ]);
      expect(warningsOf(parse(source({})))).toEqual([]);
    },
  );
});

describe('the address of the page', () => {
  it('has one source', () => {
    const webui = { url: 'https://chat.example.com', env: { WEBUI_URL: 'https://other.example.com' } };
    expect(problem({ webui })).toEqual([
      'open-webui:webui.env.WEBUI_URL',
      '"https://other.example.com" (webui.url says https://chat.example.com)',
      'nothing, or https://chat.example.com',
      'remove it: webui.url sets it',
    ]);
    const same = { webui: { ...webui, env: { WEBUI_URL: 'https://chat.example.com/' } } };
    expect(parse(source(same)).webui.env).toEqual({ WEBUI_URL: 'https://chat.example.com/' });
  });
});

describe('the address of the page in a variable alone', () => {
  const text =
    'webui.env.WEBUI_URL: set webui.url instead. It sets this variable, keeps cookies off unencrypted connections, and tells verify and the check of CORS_ALLOW_ORIGIN where the page is.';

  it.each([
    ['https://chat.example.com', [text]],
    ['http://127.0.0.1:3000/', []],
  ])('%s', (value, warnings) => {
    expect(warningsOf(parse(source(env('WEBUI_URL', value))))).toEqual(warnings);
  });
});

describe('names that Open WebUI does not read', () => {
  const IMAGE = 'ghcr.io/open-webui/open-webui:v0.12.4';
  const warnings = (names: readonly string[], image = IMAGE) =>
    warningsOf(parse(source({ webui: { image, env: Object.fromEntries(names.map((name) => [name, 'x'])) } })));

  it.each([
    ['ENABLE_RAG_WEB_SEARCH', 'ENABLE_WEB_SEARCH'],
    ['RAG_WEB_SEARCH_ENGINE', 'WEB_SEARCH_ENGINE'],
    ['ENABLE_API_KEY', 'ENABLE_API_KEYS'],
    ['RAG_LOG_LEVEL', 'GLOBAL_LOG_LEVEL'],
  ])('%s has %s in its place', (name, now) => {
    const text = `webui.env.${name} has no effect: Open WebUI has ${now} instead.`;
    expect(warnings([name])).toEqual([text]);
    expect(warnings([name], 'ghcr.io/open-webui/open-webui:v0.99.0')).toEqual([text]);
  });

  it('present names are those of the release, and former names are not', () => {
    expect(Object.values(RENAMED).filter((name) => !VARIABLES.includes(name))).toEqual([]);
    expect(Object.keys(RENAMED).filter((name) => VARIABLES.includes(name))).toEqual([]);
  });

  it.each([
    ['RAG_ENBEDDING_MODEL', 'RAG_EMBEDDING_MODEL'],
    ['default_models', 'DEFAULT_MODELS'],
    ['OPENAI_API_BASE', 'OPENAI_API_BASE_URL'],
    ['SEARXNG_URL', 'SEARXNG_QUERY_URL'],
    ['JWT_EXPIRES', 'JWT_EXPIRES_IN'],
  ])('%s is probably %s', (name, meant) => {
    expect(warnings([name])).toEqual([
      `webui.env.${name} has no effect: Open WebUI has no such variable. Did you mean ${meant}?`,
    ]);
  });

  it('others are named once, together', () => {
    expect(warnings(['PUID', 'MY_OWN_FLAG', 'DOMAIN', 'TZ'], 'ghcr.io/open-webui/open-webui:main')).toEqual([
      'webui.env.PUID, webui.env.MY_OWN_FLAG, webui.env.DOMAIN: Open WebUI 0.12.4 reads no such variable. It has an effect only if one of your functions, tools or libraries reads it.',
    ]);
  });

  it('is not taken for one that the deployment sets', () => {
    expect(warnings(['REDIS_PORT', 'REDIS_SENTINEL_MAX_RETRY'])).toEqual([
      'webui.env.REDIS_PORT, webui.env.REDIS_SENTINEL_MAX_RETRY: Open WebUI 0.12.4 reads no such variable. It has an effect only if one of your functions, tools or libraries reads it.',
    ]);
  });

  it('names of the system, of libraries, of the image and of proxies are no mistake', () => {
    const names = [
      ...[
        'TZ',
        'LANG',
        'http_proxy',
        'HTTPS_PROXY',
        'NO_PROXY',
        'SSL_CERT_FILE',
        'REQUESTS_CA_BUNDLE',
        'PIP_INDEX_URL',
      ],
      ...[
        'HF_HOME',
        'HF_ENDPOINT',
        'TRANSFORMERS_CACHE',
        'TOKENIZERS_PARALLELISM',
        'OMP_NUM_THREADS',
        'CUDA_VISIBLE_DEVICES',
      ],
      ...[
        'NVIDIA_VISIBLE_DEVICES',
        'VIRTUAL_HOST',
        'LETSENCRYPT_HOST',
        'AWS_REGION',
        'PGSSLMODE',
        'UVICORN_WS_MAX_SIZE',
      ],
      ...['PYTHONWARNINGS', 'SCARF_NO_ANALYTICS', 'USE_CUDA_DOCKER', 'OTEL_RESOURCE_ATTRIBUTES', 'MALLOC_ARENA_MAX'],
    ];
    expect(warnings(names)).toEqual([]);
  });

  it.each([
    ['registry.example.com/chat:1.2.3', ['RAG_ENBEDDING_MODEL', 'ENABLE_API_KEY', 'MY_OWN_FLAG']],
    ['ghcr.io/open-webui/open-webui:v0.12.4-ollama', ['OLLAMA_KEEP_ALIVE']],
    ['ghcr.io/open-webui/open-webui:v0.13.0', ['RAG_ENBEDDING_MODEL', 'MY_OWN_FLAG']],
  ])('%s may read others', (image, names) => {
    expect(warnings(names, image)).toEqual([]);
  });

  it('all of the release pass', () => {
    const names = VARIABLES.filter((name) => !looksSecret(name, 'x'));
    const settings = parse(source({}));
    const all = {
      ...settings,
      webui: { ...settings.webui, env: Object.fromEntries(names.map((name) => [name, '1'])) },
    };
    expect(warningsOf(all)).toEqual([]);
    expect(PANEL_VARIABLES.length).toBeGreaterThan(400);
    expect(PANEL_VARIABLES.filter((name) => !VARIABLES.includes(name))).toEqual([]);
  });
});

describe('hosts of another Compose project', () => {
  const warning = (names: string) =>
    `${names}: single-label host names, those without a dot, resolve only on the network of the containers, and this stack creates its own. Attach those servers to it, or add the network that they are on to webui.networks.`;
  const neighbours = {
    OLLAMA_BASE_URL: 'http://ollama:11434',
    DATABASE_URL: 'postgresql://owui@postgres:5432/owui',
    OPENAI_API_BASE_URLS: 'https://api.openai.com/v1;http://litellm:4000/v1',
    CHROMA_HTTP_HOST: 'chroma',
    TOOL_SERVER_CONNECTIONS: '[{"url":"http://mcpo:8000"}]',
  };

  it('are named in one sentence', () => {
    expect(warningsOf(parse(source({ webui: { env: neighbours } })))).toEqual([
      warning(
        Object.keys(neighbours)
          .map((name) => `webui.env.${name}`)
          .join(', '),
      ),
    ]);
    expect(warningsOf(parse(source({ webui: { env: neighbours } }, ['webui'])))).toHaveLength(1);
  });

  it('are found on a network that exists', () => {
    const network = { name: 'chat_default', external: true };
    expect(warningsOf(parse(source({ network, webui: { env: neighbours } })))).toEqual([]);
  });

  it.each([
    ['OLLAMA_BASE_URL', 'http://host.docker.internal:11434'],
    ['OLLAMA_BASE_URL', 'http://10.0.0.5:11434'],
    ['OLLAMA_BASE_URL', 'http://[fd00::5]:11434'],
    ['OPENAI_API_BASE_URL', 'https://me@models.example.com/v1'],
    ['MICROSOFT_REDIRECT_URI', 'https://chat/oauth'],
    ['WEBUI_NAME', 'http://chat'],
    ['DATABASE_URL', 'sqlite:////app/backend/data/webui.db'],
    ['VALKEY_URL', 'redis://redis-valkey-test:6379/2'],
  ])('%s=%s names none', (name, value) => {
    expect(warningsOf(parse(source(env(name, value))))).toEqual([]);
  });
});

describe('variables that others read on the engine', () => {
  it('stay there beside secrets', () => {
    const variables = {
      VIRTUAL_HOST: 'chat.example.com',
      NVIDIA_VISIBLE_DEVICES: 'all',
      OPENAI_API_KEY: 'sk-1',
      ACME_PASSWORD: 'x',
    };
    const { env, secretEnv } = parse(source({ webui: { env: variables } }, ['webui'])).webui;
    expect(env).toEqual({ VIRTUAL_HOST: 'chat.example.com', NVIDIA_VISIBLE_DEVICES: 'all' });
    expect(secretEnv).toEqual({ OPENAI_API_KEY: 'sk-1', ACME_PASSWORD: 'x' });
  });
});

describe('a variable on which the admin panel decides', () => {
  const decided = ['ENABLE_CHANNELS', 'ENABLE_SIGNUP', 'OPENAI_API_KEY', 'WEBUI_URL'];
  const changed = (wanted: Record<string, string>, was: Record<string, string> = {}, files = '') =>
    tooLate(wanted, was, files, decided);

  it('is named when it is new, changed or gone', () => {
    expect(changed({ ENABLE_CHANNELS: 'true' })).toEqual(['ENABLE_CHANNELS']);
    expect(changed({ ENABLE_CHANNELS: 'true' }, { ENABLE_CHANNELS: 'false' })).toEqual(['ENABLE_CHANNELS']);
    expect(changed({}, { ENABLE_CHANNELS: 'false', ENABLE_SIGNUP: 'false' })).toEqual(['ENABLE_CHANNELS']);
    expect(changed({ OPENAI_API_KEY: "it's" }, {}, "\nOPENAI_API_KEY='old'\n")).toEqual(['OPENAI_API_KEY']);
  });

  it('is not named when it is as before, or when it decides itself', () => {
    expect(changed({ ENABLE_CHANNELS: 'true', TZ: 'UTC' }, { ENABLE_CHANNELS: 'true' })).toEqual([]);
    expect(changed({ OPENAI_API_KEY: "it's" }, {}, "\nA='b'\nOPENAI_API_KEY='it'\\''s'\n")).toEqual([]);
    expect(changed({ TZ: 'UTC' }, { TZ: 'CET', ENABLE_SIGNUP: 'false' })).toEqual([]);
  });
});
