import { looksSecret } from '../../core/secretPatterns.ts';
import { VARIABLES } from '../support/openWebUiVariables.ts';

describe('names', () => {
  it('of all variables that Open WebUI reads: the secret ones and no other', () => {
    const found = VARIABLES.filter(({ name }) => looksSecret(name, 'some value'));
    expect(found.map(({ name }) => name)).toEqual(VARIABLES.filter(({ secret }) => secret).map(({ name }) => name));
    // The list is whole, and marks what it should.
    expect(VARIABLES.length).toBeGreaterThan(900);
    expect(found.length).toBe(101);
  });

  it.each([
    'TOKEN',
    'redis_password',
    'SMTP_PASS',
    'DB_PWD',
    'HF_TOKEN',
    'AWS_SECRET_ACCESS_KEY',
    'OPENAI_API_KEY_2',
    'OTEL_EXPORTER_OTLP_HEADERS',
    'VAULT_PASSPHRASE',
  ])('of others: %s', (name) => expect(looksSecret(name, 'x')).toBe(true));

  it.each([
    'MONKEY',
    'MAX_TOKENS',
    'TOKENS',
    'KEY_PREFIX',
    'PWD',
    'OLDPWD',
    'WEBUI_SECRET_KEY_FILE',
    'ENABLE_API_KEY',
    'SSH_PUBLIC_KEY',
    'BYPASS',
  ])('not %s', (name) => expect(looksSecret(name, 'x')).toBe(false));

  it.each(['sk-none', 'dummy-key', 'local-not-used', 'sk-no-key-required', 'EMPTY', 'none;not_needed', 'ollama'])(
    'not with the value %j, where no key is needed',
    (value) => expect(looksSecret('OPENAI_API_KEYS', value)).toBe(false),
  );

  it.each([
    ['OPENAI_API_KEY', 'sk-local'],
    ['OPENAI_API_KEYS', 'none;sk-abc'],
    ['DATABASE_PASSWORD', 'dummy'],
    ['MFA_ENCRYPTION_KEY', 'not-set'],
  ])('but %s=%j', (name, value) => expect(looksSecret(name, value)).toBe(true));

  it.each(['', 'true', 'False', 'none', 'null', ';', ' ; ', '[]', '{}'])('not with the value %j', (value) =>
    expect(looksSecret('OPENAI_API_KEYS', value)).toBe(false),
  );
});

describe('values', () => {
  it.each([
    ['DATABASE_URL', 'postgresql://u:p@db/x'],
    ['DATABASE_URL', 'postgresql+psycopg://u:p/a?ss:@db:5432/x'],
    ['DATABASE_URL', 'postgresql://u:12345@db/x'],
    ['DATABASE_URL', 'host=db user=u password=p'],
    ['PGVECTOR_DB_URL', 'postgresql://db/x?user=u&password=p'],
    ['AZURE', 'AccountName=a;AccountKey=abc=='],
    ['REDIS_URL', 'redis://:x@redis'],
    ['URL', 'valkey://me:x@redis'],
    ['PIP_PACKAGE_INDEX_OPTIONS', '--timeout 9 --index-url https://me:x@pypi.example.com/simple'],
    ['PLAYWRIGHT_WS_URL', 'wss://chrome.example.com?token=abc'],
    ['TOOL_SERVER_CONNECTIONS', '[{"url": "https://x", "key": "abc"}]'],
    ['OLLAMA_API_CONFIGS', '{"0": {"enable": true, "key":"abc"}}'],
    ['OPENAI_API_CONFIGS', '{"0": {"headers": {"Authorization": "Bearer abc"}}}'],
    ['WEBSOCKET_REDIS_OPTIONS', '{"socket_timeout": null, "password": "x"}'],
    ['CERTIFICATE', '-----BEGIN EC PRIVATE KEY-----\nabc'],
  ])('%s=%s', (name, value) => expect(looksSecret(name, value)).toBe(true));

  it.each([
    ['DATABASE_URL', 'postgresql://u@db:5432/x'],
    ['REDIS_URL', 'redis://redis:6379/0'],
    ['OLLAMA_BASE_URLS', 'http://a:11434;http://b:11434/@me'],
    ['CORS_ALLOW_ORIGIN', 'https://a:8443;https://u@b'],
    ['SEARXNG_QUERY_URL', 'http://searxng:8080/search?q=<query>'],
    ['PLAYWRIGHT_WS_URL', 'wss://chrome.example.com?token='],
    ['TOOL_SERVER_CONNECTIONS', '[{"url": "https://x", "key": ""}]'],
    ['COMFYUI_WORKFLOW_NODES', '[{"type": "model", "key": "ckpt_name"}]'],
    ['DEFAULT_MODEL_PARAMS', '{"max_tokens": 100}'],
    ['WEBUI_ADMIN_EMAIL', 'admin@example.com'],
  ])('not %s=%s', (name, value) => expect(looksSecret(name, value)).toBe(false));

  it.each(['://a:', 'a:', '?key', '"key"', ' password', 'KEY_'])(
    'in time that grows with the length: of many %s',
    (part) => {
      const millisecondsFor = (count: number): number => {
        const value = part.repeat(count);
        const times = [1, 2, 3].map(() => {
          const before = process.cpuUsage();
          looksSecret('X', value);
          const { user, system } = process.cpuUsage(before);
          return (user + system) / 1000;
        });
        return Math.min(...times);
      };
      // Four times the length; sixteen times the time would be its square.
      expect(millisecondsFor(20_000)).toBeLessThan(8 * millisecondsFor(5_000) + 20);
    },
  );
});
