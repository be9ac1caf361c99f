import { parse, SettingsError, type Source } from '../../settings/parse.ts';

const source = (given: Record<string, unknown>, secrets: string[] = []): Source => ({
  project: 'open-webui',
  stack: 'test',
  given,
  isSecret: (key) => secrets.includes(key),
});

/** The message of the refusal, which everything that is refused must have. */
function refusal(given: Record<string, unknown>, secrets: string[] = []): string {
  try {
    parse(source(given, secrets));
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError);
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}

/** The one problem of a refusal, as its four lines. */
function problem(given: Record<string, unknown>, secrets: string[] = []): string[] {
  const [head, ...lines] = refusal(given, secrets).trimEnd().split('\n');
  expect(head).toBe('1 setting in Pulumi.test.yaml cannot be used. Nothing was created or changed.');
  return lines.filter(Boolean).map((line) => line.trim().replace(/^(given|allowed|to do): +/, ''));
}

const env = (name: string, value: unknown) => ({ webui: { env: { [name]: value } } });
const port = 'a whole number from 1 to 65535';
const portFix = 'choose a port of the Docker host that is free';
const name = '2 to 128 letters, digits, "_", "." and "-", with a letter or digit first';
const imageText = 'an image reference as Docker reads it: [registry/]name[:tag][@digest], the name in lower case';
const span = 'a whole number with its unit s, m or h, at least 1s';

describe('defaults', () => {
  it('fills in everything, with the stack in every name', () => {
    expect(parse(source({}))).toEqual({
      network: { name: 'openwebui-network-test', external: false },
      valkey: {
        name: 'redis-valkey-test',
        alias: 'redis',
        image: 'docker.io/valkey/valkey:8.0.10-alpine',
        volume: 'redis-data-test',
        protectData: false,
        snapshot: { after: '30s', changes: 1 },
        auth: true,
        maxMemory: '256 MiB',
        memory: '512 MiB',
        healthcheck: { startPeriod: '5s', interval: '1s', timeout: '3s', retries: 5 },
        log: { maxSize: '1 MB', maxFiles: 1 },
      },
      webui: {
        name: 'open-webui-test',
        image: 'ghcr.io/open-webui/open-webui:v0.12.4',
        volume: 'open-webui-test',
        protectData: false,
        publish: { port: 3000, address: '127.0.0.1' },
        admin: { email: 'admin@example.com', name: 'Admin' },
        env: {},
        envIsSecret: false,
        memory: '4 GiB',
        healthcheck: { startPeriod: '2m', interval: '5s', timeout: '5s', retries: 3 },
        log: { maxSize: '10 MB', maxFiles: 3 },
        url: 'http://127.0.0.1:3000',
        processes: 1,
      },
    });
  });

  it.each([
    [{ publish: {} }, 'http://127.0.0.1:3000'],
    [{ publish: { address: '0.0.0.0', port: 8080 } }, 'http://127.0.0.1:8080'],
    [{ publish: { address: '::1' } }, 'http://[::1]:3000'],
    [{ url: 'https://chat.example.com/' }, 'https://chat.example.com'],
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

  it('knows when variables may be secret', () => {
    expect(parse(source({ webui: {} }, ['webui'])).webui.envIsSecret).toBe(true);
  });
});

describe('refusals, each with what was given, what is allowed and what to do', () => {
  it.each<[string, Record<string, unknown>, string, string, string]>([
    ['open-webui:webui.publish.port', { webui: { publish: { port: 70000 } } }, '70000', port, portFix],
    ['open-webui:webui.publish.port', { webui: { publish: { port: 0 } } }, '0', port, portFix],
    ['open-webui:webui.publish.port', { webui: { publish: { port: '3000' } } }, '"3000"', port, portFix],
    ['open-webui:webui.publish.port', { webui: { publish: { port: 30.5 } } }, '30.5', port, portFix],
    [
      'open-webui:webui.publish.address',
      { webui: { publish: { address: 'localhost' } } },
      '"localhost"',
      'an IP address of the Docker host',
      'write 127.0.0.1 for the host alone, or 0.0.0.0 for everybody who can reach it',
    ],
    [
      'open-webui:valkey.image',
      { valkey: { image: 'valkey/valkey:8.0:1' } },
      '"valkey/valkey:8.0:1" (invalid reference format)',
      imageText,
      'write a reference such as "docker.io/valkey/valkey:8.0.10-alpine"',
    ],
    [
      'open-webui:webui.image',
      { webui: { image: 'ghcr.io/Startr/AI-WEB-openwebui:main' } },
      '"ghcr.io/Startr/AI-WEB-openwebui:main" (invalid reference format: repository name must be lowercase)',
      imageText,
      'write it as "ghcr.io/startr/ai-web-openwebui:main"',
    ],
    [
      'open-webui:webui.image',
      { webui: { image: 7 } },
      '7',
      imageText,
      'write a reference such as "ghcr.io/open-webui/open-webui:v0.12.4"',
    ],
    ['open-webui:valkey.name', { valkey: { name: 'a b' } }, '"a b"', name, 'write a name such as "redis-valkey-test"'],
    [
      'open-webui:valkey.name',
      { valkey: { name: '$(id)' } },
      '"$(id)"',
      name,
      'write a name such as "redis-valkey-test"',
    ],
    [
      'open-webui:webui.volume',
      { webui: { volume: '/srv/data' } },
      '"/srv/data"',
      name,
      'write a name such as "open-webui-test"',
    ],
    [
      'open-webui:network.external',
      { network: { external: 'yes' } },
      '"yes"',
      'true or false',
      'write true or false, without quotes',
    ],
    ['open-webui:valkey.snapshot.after', { valkey: { snapshot: { after: 30 } } }, '30', span, 'write it as "30s"'],
    [
      'open-webui:valkey.snapshot.after',
      { valkey: { snapshot: { after: '30 minutes' } } },
      '"30 minutes"',
      span,
      'write it as "30s"',
    ],
    [
      'open-webui:valkey.healthcheck.interval',
      { valkey: { healthcheck: { interval: '0s' } } },
      '"0s"',
      span,
      'write it as "1s"',
    ],
    [
      'open-webui:valkey.healthcheck.retries',
      { valkey: { healthcheck: { retries: 0 } } },
      '0',
      'a whole number from 1 to 100',
      'write it without quotes, such as 5',
    ],
    [
      'open-webui:valkey.log.maxSize',
      { valkey: { log: { maxSize: '1m' } } },
      '"1m"',
      'a whole number, a space and KB, MB or GB',
      'write it as "1 MB"',
    ],
    [
      'open-webui:valkey.auth',
      { valkey: { auth: 'false' } },
      '"false"',
      'true or false',
      'write true or false, without quotes',
    ],
    [
      'open-webui:valkey.memory',
      { valkey: { memory: '512m' } },
      '"512m"',
      'a whole number, a space and MiB or GiB',
      'write it as "512 MiB"',
    ],
    [
      'open-webui:valkey.memory',
      { valkey: { maxMemory: '1 GiB' } },
      'nothing (the engine would end Valkey before it has the 1 GiB of valkey.maxMemory)',
      'at least 1152 MiB with this valkey.maxMemory',
      'raise it, or lower valkey.maxMemory',
    ],
    [
      'open-webui:webui.cpus',
      { webui: { cpus: 16 } },
      '16',
      'a number from 0.1 to 9.9 in steps of 0.1, and not more than the host has',
      'write it without quotes, such as 1.5',
    ],
    [
      'open-webui:webui.cpus',
      { webui: { cpus: 0.05 } },
      '0.05',
      'a number from 0.1 to 9.9 in steps of 0.1, and not more than the host has',
      'write it without quotes, such as 1.5',
    ],
    [
      'open-webui:valkey.alias',
      { valkey: { alias: 'localhost' } },
      '"localhost"',
      'a host name of lower-case letters, digits and "-", other than localhost',
      'write a name such as "redis"; inside the web UI\'s container localhost is the web UI itself',
    ],
    [
      'open-webui:webui.url',
      { webui: { url: 'chat.example.com' } },
      '"chat.example.com"',
      'an http:// or https:// address without a path',
      'write it as "https://chat.example.com"',
    ],
    [
      'open-webui:webui.admin.email',
      { webui: { admin: { email: 'me' } } },
      '"me"',
      'an e-mail address',
      'write it as "you@example.com"',
    ],
    [
      'open-webui:valkey',
      { valkey: 'redis' },
      '"redis"',
      'an object with its settings, one a line',
      'write an object with its settings, one a line',
    ],
    [
      'open-webui:valkey.publish',
      { valkey: { publish: true } },
      'true',
      'an object with port and address, or nothing at all',
      'write {} for 127.0.0.1:6379, or remove it',
    ],
    [
      'open-webui:wbeui',
      { wbeui: {} },
      'an object (there is no such setting)',
      'network, valkey, webui',
      'did you mean "webui"?',
    ],
    [
      'open-webui:webui.publish.prot',
      { webui: { publish: { prot: 1 } } },
      '1 (there is no such setting)',
      'port, address',
      'did you mean "port"?',
    ],
    [
      'open-webui:network.driver_options',
      { network: { driver_options: 1 } },
      '1 (there is no such setting)',
      'name, external',
      'remove it',
    ],
    [
      'open-webui:network.name',
      { network: { name: 'bridge' } },
      `"bridge" (containers on Docker's own networks cannot find each other by name)`,
      'a network that somebody made',
      'choose another name',
    ],
    [
      'open-webui:webui.publish.port',
      { valkey: { publish: { port: 3000 } } },
      'nothing (valkey.publish.port has the same port)',
      'another port than that of valkey.publish.port',
      'change one of the two',
    ],
    [
      'open-webui:webui.name',
      { valkey: { name: 'same' }, webui: { name: 'same' } },
      '"same" (valkey.name has the same name)',
      'another name than that of valkey.name',
      'change one of the two',
    ],
    [
      'open-webui:webui.volume',
      { valkey: { volume: 'same' }, webui: { volume: 'same' } },
      '"same" (valkey.volume has the same volume)',
      'another volume than that of valkey.volume',
      'change one of the two',
    ],
    [
      'open-webui:webui.env.1st',
      env('1st', 'x'),
      '"x" (this is not a name for a variable)',
      'letters, digits and "_", with no digit first',
      'correct the name',
    ],
    [
      'open-webui:webui.env.LIST',
      env('LIST', ['a']),
      'a list',
      'a text, number, true or false',
      'put quotes around the value, or remove the variable',
    ],
  ])('%s: %j', (key, given, shown, allowed, fix) => {
    expect(problem(given)).toEqual([key, shown, allowed, fix]);
  });
});

describe('variables against the wiring', () => {
  const wired = (right: string) => `nothing, or ${right}`;
  const own = 'nothing: leave it to the deployment';

  it.each<[string, unknown, string, string, string]>([
    [
      'WEBSOCKET_MANAGER',
      'Redis',
      'Open WebUI knows only the lower-case "redis" and would silently do without Valkey',
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
      'Open WebUI ends at its start with a valkey:// address: the scheme is redis://',
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
      "Open WebUI's user in Valkey may use no other keys, and this Valkey is this stack's alone",
      wired('open-webui'),
      'remove it',
    ],
    ['REDIS_SENTINEL_HOSTS', 'a', 'the deployment runs a single Valkey', own, 'remove it'],
    ['REDIS_CLUSTER', 'true', 'the deployment runs a single Valkey', wired('false'), 'remove it'],
    ['WEBUI_SECRET_KEY', 'x', 'the deployment generates the key and keeps it', own, 'remove it'],
    ['WEBUI_ADMIN_EMAIL', 'x', 'the deployment creates the administrator', own, 'remove it and set webui.admin.email'],
    ['WEBUI_ADMIN_PASSWORD', 'x', 'the deployment creates the administrator', own, 'remove it'],
    [
      'WEBUI_AUTH',
      'False',
      'the deployment creates an administrator, and sign-in cannot be turned off once there is a user',
      wired('true'),
      'remove it',
    ],
    ['PORT', 80, 'the deployment sets it', wired('8080'), 'remove it and set webui.publish.port'],
    [
      'CORS_ALLOW_ORIGIN',
      'chat.example.com',
      'Open WebUI ends at its start when one of them is no address',
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
      'several processes would change the same SQLite file at their start, and all but one end',
      '1 without a Postgres DATABASE_URL',
      'write it as "1"',
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

  it('takes several processes with a Postgres database', () => {
    const given = { webui: { env: { UVICORN_WORKERS: '4', DATABASE_URL: 'postgresql://db/owui' } } };
    expect(parse(source(given)).webui.processes).toBe(4);
  });
});

describe('a refusal', () => {
  it('tells everything at once', () => {
    const text = refusal({
      wbeui: {},
      network: { name: 'bridge' },
      valkey: { image: 'UPPER', publish: { port: 3000 } },
      webui: { admin: { email: 'me' }, env: { WEBSOCKET_MANAGER: 'Redis', CORS_ALLOW_ORIGIN: 'x' } },
    });
    expect(text.split('\n')[0]).toBe('7 settings in Pulumi.test.yaml cannot be used. Nothing was created or changed.');
    expect(
      text
        .match(/^ {2}open-webui:\S+$/gm)
        ?.map((line) => line.trim())
        .sort(),
    ).toEqual([
      'open-webui:network.name',
      'open-webui:valkey.image',
      'open-webui:wbeui',
      'open-webui:webui.admin.email',
      'open-webui:webui.env.CORS_ALLOW_ORIGIN',
      'open-webui:webui.env.WEBSOCKET_MANAGER',
      'open-webui:webui.publish.port',
    ]);
  });

  it('never repeats anything of a key that holds a secret', () => {
    const text = refusal({ webui: { env: { REDIS_URL: 'redis://:hunter2@x:6379/0' }, image: 'HUNTER2' } }, ['webui']);
    expect(text.toLowerCase()).not.toContain('hunter2');
    expect(text).toContain('given:   (not shown: it may be a secret)');
  });

  it('shortens what is long', () => {
    const text = refusal({ valkey: { image: 'A'.repeat(1_000_000) } });
    expect(text.length).toBeLessThan(1000);
    expect(text).toContain('(1000002 characters)');
  });
});
