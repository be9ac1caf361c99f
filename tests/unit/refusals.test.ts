import { env, problem, refusal } from '../support/settings.ts';

const port = 'a whole number from 1 to 65535';
const portFix = 'choose a free port of the Docker host';
const name = '2 to 128 letters, digits, "_", "." or "-", starting with a letter or digit';
const imageText = 'a Docker image reference: [registry/]name[:tag][@digest], with the name in lower case';
const span = 'a whole number and a unit, s, m or h, such as 30s; at least 1s';

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
      'an IP address of the Docker host, or a list of several',
      'write 127.0.0.1 for the host only, 0.0.0.0 for everyone who can reach it, or [0.0.0.0, "::"] for IPv6, too',
    ],
    [
      'open-webui:valkey.image',
      { valkey: { image: 'valkey/valkey:8.0:1' } },
      '"valkey/valkey:8.0:1" (invalid reference format)',
      imageText,
      'use a reference such as "docker.io/valkey/valkey:8.0.10-alpine"',
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
      'use a reference such as "ghcr.io/open-webui/open-webui:v0.12.4"',
    ],
    ...[
      'redis:7-alpine',
      'docker.io/library/redis:7.2.4',
      'redis/redis-stack:latest',
      'redis/redis-stack-server:7.2.0-v9',
    ].map((image): [string, Record<string, unknown>, string, string, string] => [
      'open-webui:valkey.image',
      { valkey: { image } },
      `"${image}" (it has no valkey-server, which the container runs)`,
      'an image of Valkey',
      'write it as "docker.io/valkey/valkey:8.0.10-alpine", which also reads the data of Redis up to 7.2',
    ]),
    ['open-webui:valkey.name', { valkey: { name: 'a b' } }, '"a b"', name, 'use a name such as "redis-valkey-test"'],
    [
      'open-webui:valkey.name',
      { valkey: { name: '$(id)' } },
      '"$(id)"',
      name,
      'use a name such as "redis-valkey-test"',
    ],
    [
      'open-webui:webui.volume',
      { webui: { volume: '/srv/data' } },
      '"/srv/data"',
      name,
      'use a name such as "open-webui-test"',
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
      'write it as "5s"',
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
      'nothing (the engine would kill Valkey before it holds the 1 GiB of valkey.maxMemory)',
      'at least 1152 MiB with this valkey.maxMemory',
      'raise it, or lower valkey.maxMemory',
    ],
    ['open-webui:webui.signup', { webui: { signup: true } }, 'true', 'closed or open', 'write closed, or leave it out'],
    [
      'open-webui:webui.signup',
      { webui: { signup: 'open' } },
      '"open" (Open WebUI closes sign-up when it creates the first administrator, and from then on the admin panel controls it)',
      'closed, or open together with webui.configuration: file',
      'open it in the admin panel (Admin Panel, Settings, General), or set webui.configuration to file',
    ],
    [
      'open-webui:webui.env.ENABLE_MFA',
      { webui: { configuration: 'file', env: { ENABLE_MFA: true } } },
      'true (Open WebUI exits at startup when two-factor sign-in is on and webui.configuration is file)',
      'false, or true together with webui.configuration: page',
      'remove it, or set webui.configuration to page',
    ],
    [
      'open-webui:webui.cpus',
      { webui: { cpus: 16 } },
      '16',
      'a number from 0.1 to 9.9 in steps of 0.1, and at most as many as the host has',
      'write it without quotes, such as 1.5',
    ],
    [
      'open-webui:webui.cpus',
      { webui: { cpus: 0.05 } },
      '0.05',
      'a number from 0.1 to 9.9 in steps of 0.1, and at most as many as the host has',
      'write it without quotes, such as 1.5',
    ],
    [
      'open-webui:valkey.alias',
      { valkey: { alias: 'localhost' } },
      '"localhost"',
      'a host name of lower-case letters, digits and "-", other than localhost',
      'use a name such as "redis"; inside the web UI\'s container, localhost is the web UI itself',
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
      'an object with one setting per line',
      'write an object with one setting per line',
    ],
    [
      'open-webui:valkey.publish',
      { valkey: { publish: true } },
      'true',
      'an object with port and address, or absent',
      'write {} for 127.0.0.1:6379, or remove the key',
    ],
    [
      'open-webui:wbeui',
      { wbeui: {} },
      'an object (there is no such setting)',
      'host, registries, platform, hardening, network, valkey, webui, database, storage, gateway',
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
      'name, internalName, gatewayName, external, subnet, encrypted',
      'remove it',
    ],
    [
      'open-webui:network.name',
      { network: { name: 'bridge' } },
      `"bridge" (containers on Docker's built-in networks cannot find each other by name)`,
      'a user-defined network',
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
      'a string, a number, true or false',
      'quote the value, or remove the variable',
    ],
    [
      'open-webui:webui.env.TZ',
      env('TZ', null),
      'nothing (null) (Compose would take the value from the shell; a stack file has to contain it)',
      'a string, a number, true or false',
      'write the value, or remove the variable',
    ],
    [
      'open-webui:webui.env.GOOGLE_APPLICATION_CREDENTIALS_JSON',
      env('GOOGLE_APPLICATION_CREDENTIALS_JSON', '{"type":"service_account"}'),
      '(not shown: it may be a secret) (in plain text it would show in the stack file, in previews and in docker inspect)',
      'an encrypted value',
      'remove it from the file and set it with pulumi config set --secret --path open-webui:webui.env.GOOGLE_APPLICATION_CREDENTIALS_JSON',
    ],
    ...['TOOL_SERVER_CONNECTIONS', 'OPENAI_API_CONFIGS'].map(
      (name): [string, Record<string, unknown>, string, string, string] => [
        `open-webui:webui.env.${name}`,
        env(name, '[{"url":"https://tools.example.com","key":"abc"}]'),
        '(not shown: it may be a secret) (in plain text it would show in the stack file, in previews and in docker inspect)',
        'an encrypted value',
        `remove it from the file and set it with pulumi config set --secret --path open-webui:webui.env.${name}`,
      ],
    ),
  ])('%s: %j', (key, given, shown, allowed, fix) => {
    expect(problem(given)).toEqual([key, shown, allowed, fix]);
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
