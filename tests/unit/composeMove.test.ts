/** What becomes of a deployment: its stack file, and what is said about it. */

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are the variables of Compose files

import { fixture, type Moved, move, read, removeProjects, webui } from '../support/compose.ts';

afterEach(removeProjects);

/** What becomes of a web UI with some lines of its own, and with more at the end of the file. */
const moved = (lines: readonly string[], more = '', options: Parameters<typeof move>[1] = {}): Moved =>
  move(read(webui(...lines) + more), options);

/** The part of the stack file for the web UI, without where it is published. */
function settings(...given: Parameters<typeof moved>): Record<string, unknown> {
  const { publish: _, ...others } = (moved(...given).config['webui'] ?? {}) as Record<string, unknown>;
  return others;
}

const DATA = 'volumes: ["./data:/app/backend/data"]';

describe('the cases end as expected', () => {
  it("the tutorial's moves as a whole", () => {
    const { config, secrets, notes, plan } = move(read(fixture('tutorial')));
    expect(config).toEqual({
      network: { name: 'chat', external: true },
      valkey: {
        name: 'redis-valkey',
        volume: 'chat_cache-data',
        adoptVolume: true,
        healthcheck: { interval: '1s' },
      },
      webui: {
        name: 'open-webui',
        image: 'ghcr.io/open-webui/open-webui:main',
        volume: 'chat_ui-data',
        adoptVolume: true,
        networks: { chat: { aliases: ['ui'] } },
        publish: { address: '0.0.0.0' },
        env: { OLLAMA_BASE_URL: 'http://host.docker.internal:11434' },
      },
    });
    expect([secrets, notes.cannot, notes.differs, notes.beside]).toEqual([{}, [], [], []]);
    expect(notes.better).toEqual(
      expect.arrayContaining([
        expect.stringContaining(
          'Valkey 8.0.10-alpine in place of valkey:8.0.1-alpine, which has known vulnerabilities',
        ),
      ]),
    );
    // It has made a key of its own, which is in the container alone.
    expect(plan.steps[0]?.commands).toEqual([
      'docker exec open-webui cat /app/backend/.webui_secret_key | npm run pulumi -- config set --secret --path webui.sessionKey --stack chat',
    ]);
    expect(plan.steps[1]?.commands.map((line) => line.replace(/--file \S+/, '--file F'))).toEqual([
      'docker compose --file F --project-name chat stop ui cache',
      'docker update --restart no open-webui',
      'docker rename open-webui open-webui-before',
      'docker network disconnect chat open-webui-before',
      'docker compose --file F --project-name chat rm --force cache',
    ]);
    expect(plan.back.at(-1)?.commands.at(-1)).toMatch(/ up --detach --no-recreate ui cache$/);
  });

  it('that of a proxy which reads variables moves, with an upgrade', () => {
    const env = 'DB_PASSWORD=pw\nSESSION_KEY=the key\nS3_ID=id\nS3_KEY=s3\nMODEL_KEY=mk';
    const { config, secrets, notes, upgrades, plan } = move(read({ 'compose.yml': fixture('proxy'), '.env': env }));
    expect(config).toEqual({
      network: { name: 'chat_default', external: true },
      valkey: { name: 'redis-valkey', alias: 'redis', volume: 'chat_redis', adoptVolume: true },
      webui: {
        url: 'https://chat.example.com',
        networks: { chat_default: { aliases: ['ui'] } },
        env: {
          VIRTUAL_HOST: 'chat.example.com',
          LETSENCRYPT_HOST: 'chat.example.com',
          STORAGE_PROVIDER: 's3',
          S3_BUCKET_NAME: 'chat',
          S3_ENDPOINT_URL: 'https://s3.example.com',
          S3_ACCESS_KEY_ID: 'id',
          OPENAI_API_BASE_URLS: 'https://models.example.com/v1',
        },
      },
    });
    expect(secrets).toEqual({
      'webui.sessionKey': 'the key',
      'webui.env.DATABASE_URL': 'postgresql://postgres:pw@db:5432/postgres',
      'webui.env.S3_SECRET_ACCESS_KEY': 's3',
      'webui.env.OPENAI_API_KEYS': 'mk',
    });
    expect([notes.cannot, upgrades]).toEqual([[], true]);
    expect(notes.beside).toEqual([
      'proxy: not on a network of ui; nothing changes for it',
      'db: on the network chat_default; reached as before (DATABASE_URL)',
    ]);
    expect(notes.differs).toEqual([
      'ui: ghcr.io/open-webui/open-webui:0.6.5 is older than 0.9.0, the oldest release that a stack runs: the move is an upgrade to ghcr.io/open-webui/open-webui:v0.12.4, and the data is copied first',
      'ui: nothing is mounted at /app/backend/data; files there get a volume now, and last',
      'the database and uploaded files: not in the volume, so npm run backup does not include them; keep backing them up as today',
      expect.stringMatching(/^webui\.sessionKey is short/),
    ]);
    expect(plan.steps.map(({ text }) => text)).toEqual([
      expect.stringContaining('Stop what moves'),
      expect.stringContaining('such as pg_dump'),
      expect.stringContaining('Deploy the stack'),
    ]);
  });

  it('that with its data in a folder moves, confined as it is', () => {
    const source = read({ 'compose.yml': fixture('folder'), '.env': 'WEBUI_SECRET_KEY="the key"' });
    const { config, secrets, notes } = move(source);
    expect(config).toEqual({
      hardening: 'strict',
      network: { name: 'front', external: true },
      webui: {
        name: 'open-webui',
        image: 'ghcr.io/open-webui/open-webui:0.9.5',
        folder: `${source.dir}/data`,
        publish: { port: 8071 },
        networks: { front: { aliases: ['ui'] } },
        memory: '2 GiB',
        cpus: 2,
        pidsLimit: 300,
        healthcheck: { startPeriod: '90s', interval: '30s', timeout: '10s', retries: 5 },
        env: { TZ: 'Europe/Paris' },
      },
    });
    expect(secrets).toEqual({ 'webui.sessionKey': 'the key' });
    expect([notes.cannot, notes.differs]).toEqual([
      [],
      [
        'ui: deploy.resources.reservations: one engine has no other node to choose; with platform: swarm, reservation sets them',
        expect.stringMatching(/^webui\.sessionKey is short/),
      ],
    ]);
  });
});

describe('of the web UI moves', () => {
  it.each<[string, readonly string[], object, string?]>([
    [
      'labels, but for those of Compose and Watchtower',
      [
        DATA,
        'labels: { homepage.name: "true", com.docker.compose.x: y, com.centurylinklabs.watchtower.enable: "true" }',
      ],
      { labels: { 'homepage.name': 'true' } },
    ],
    ['a host name', [DATA, 'hostname: chat'], { hostname: 'chat' }],
    [
      'ulimits',
      [DATA, 'ulimits: { nofile: 65536, nproc: { soft: 1, hard: 2 } }'],
      { ulimits: { nofile: 65536, nproc: { soft: 1, hard: 2 } } },
    ],
    [
      'host names of others',
      [DATA, 'extra_hosts: ["host.docker.internal:host-gateway", "db.internal:10.0.0.5"]'],
      { extraHosts: { 'db.internal': '10.0.0.5' } },
    ],
    [
      'another log driver',
      [DATA, 'logging: { driver: syslog, options: { syslog-address: "udp://10.0.0.1:514" } }'],
      { log: { driver: 'syslog', options: { 'syslog-address': 'udp://10.0.0.1:514' } } },
    ],
    [
      'rotation of the log',
      [DATA, 'logging: { options: { max-size: 50m, max-file: "5" } }'],
      { log: { maxSize: '50 MB', maxFiles: 5 } },
    ],
    [
      'a start command',
      [DATA, 'entrypoint: ["/app/run"]', 'command: "--port 1"'],
      { command: ['/app/run', '--port', '1'] },
    ],
    ['GPUs', [DATA, 'gpus: all'], { gpus: 'all' }],
    [
      'limits',
      [DATA, 'mem_limit: 6g', 'cpus: "1.55"', 'pids_limit: 10'],
      { memory: '6 GiB', cpus: 1.6, pidsLimit: 64 },
    ],
    [
      'more mounts',
      ['volumes: ["./data:/app/backend/data", "/etc/ssl/own.pem:/etc/ssl/own.pem:ro", "more:/more"]'],
      {
        mounts: [
          { folder: '/etc/ssl/own.pem', target: '/etc/ssl/own.pem' },
          { volume: 'chat_more', target: '/more', readOnly: false },
        ],
      },
      'volumes: { more: }',
    ],
    [
      'files that Compose calls configurations',
      [DATA, 'configs: [{ source: ca, target: /etc/ssl/ca.pem }]'],
      { mounts: [{ folder: '/srv/ca.pem', target: '/etc/ssl/ca.pem' }] },
      'configs: { ca: { file: /srv/ca.pem } }',
    ],
    ['an image that Compose builds', [DATA, 'image: chat-own', 'build: .'], { image: 'chat-own' }],
    ['data in another place', ['environment: { DATA_DIR: /data/ }', 'volumes: ["./data:/data"]'], {}],
  ])('%s', (_, lines, expected, more = '') => {
    const text = webui(...lines).replace(/ {4}image: ghcr.*\n(?=[\s\S]* {4}image)/, '');
    const { config, notes } = move(read(text + more));
    const { publish: _publish, folder, ...others } = config['webui'] as Record<string, unknown>;
    expect([others, notes.cannot]).toEqual([expected, []]);
    expect(folder).toMatch(/\/chat\/data$/);
  });

  it.each<[string, unknown]>([
    ['["3000:8080"]', { address: '0.0.0.0' }],
    ['["127.0.0.1:8443:8080"]', { port: 8443 }],
    ['["127.0.0.1:80:8080", "10.0.0.1:80:8080"]', { port: 80, address: ['127.0.0.1', '10.0.0.1'] }],
    ['["8080"]', { address: '0.0.0.0' }],
    ['[]', 'none'],
  ])('its port: %s', (ports, expected) => {
    expect(moved([DATA, `ports: ${ports}`]).config['webui']).toMatchObject({ publish: expected });
  });

  it('another port inside, said', () => {
    const { config, notes } = moved([DATA, 'ports: ["127.0.0.1:3001:9000"]', 'environment: { PORT: 9000 }']);
    expect(config['webui']).toMatchObject({ publish: { port: 3001 } });
    expect(notes.differs[0]).toContain('PORT 9000: inside its container the web UI listens on 8080');
  });
});

describe('variables', () => {
  const variables = (text: string, options?: Parameters<typeof move>[1]) =>
    moved([DATA, 'ports: ["127.0.0.1:3000:8080"]', `environment: ${text}`], '', options);
  const webuiOf = (result: Moved) => {
    const { folder: _, ...others } = result.config['webui'] as Record<string, unknown>;
    return others;
  };

  it.each<[string, string]>([
    [
      'what the deployment sets anyway',
      '{ ENABLE_WEBSOCKET_SUPPORT: "True", WEBUI_AUTH: True, ENABLE_SIGNUP: False, ENABLE_PERSISTENT_CONFIG: "true", PORT: 8080, HOST: 0.0.0.0 }',
    ],
    [
      'the address of the present Redis',
      '{ WEBSOCKET_MANAGER: Redis, REDIS_URL: "redis://elsewhere:6379", WEBSOCKET_REDIS_URL: "redis://elsewhere:6379/1", REDIS_KEY_PREFIX: open-webui }',
    ],
    ['what is empty in the image as well', '{ OPENAI_API_KEY: "", WEBUI_SECRET_KEY: "" }'],
    ['quotes that a list entry makes part of them', '[ENABLE_WEBSOCKET_SUPPORT="true", WEBSOCKET_MANAGER="redis"]'],
  ])('that say %s are left out', (_, text) => {
    const result = variables(text);
    expect([webuiOf(result), result.secrets, result.notes.cannot]).toEqual([{}, {}, []]);
  });

  it('become settings', () => {
    const result = variables(
      '{ WEBUI_ADMIN_EMAIL: me@example.com, WEBUI_ADMIN_NAME: Me, WEBUI_ADMIN_PASSWORD: p, WEBUI_URL: "https://chat.example.com/", ENABLE_PERSISTENT_CONFIG: "False", ENABLE_SIGNUP: "True" }',
    );
    expect(webuiOf(result)).toEqual({
      url: 'https://chat.example.com',
      admin: { email: 'me@example.com', name: 'Me' },
      configuration: 'file',
      signup: 'open',
    });
    expect(result.secrets).toEqual({});
  });

  it('with secrets are encrypted, and the session key as it is', () => {
    const { config, secrets } = variables(`['WEBUI_SECRET_KEY="quoted, and in use"', OPENAI_API_KEY=sk-1, PLAIN=x]`);
    expect(secrets).toEqual({ 'webui.sessionKey': '"quoted, and in use"', 'webui.env.OPENAI_API_KEY': 'sk-1' });
    expect(JSON.stringify(config)).not.toMatch(/sk-1|in use/);
  });

  it('name a file with the session key, which is read', () => {
    const file = {
      'compose.yml': `${webui(DATA, 'environment: { WEBUI_SECRET_KEY_FILE: /run/secrets/key }', 'secrets: [key]')}secrets: { key: { file: ./key.txt } }`,
      'key.txt': 'from the file\n',
    };
    expect(move(read(file)).secrets).toEqual({ 'webui.sessionKey': 'from the file' });
  });

  it('name a file with the session key in the container, which a step reads', () => {
    const { plan } = variables('{ WEBUI_SECRET_KEY_FILE: data/.key }');
    expect(plan.steps[0]?.commands[0]).toContain('docker exec chat-ui-1 cat /app/backend/data/.key | npm run');
  });

  it('with an address that means the container itself are corrected', () => {
    const { config, notes } = variables('{ OLLAMA_BASE_URL: "http://localhost:11434" }');
    expect(config['webui']).toMatchObject({ env: { OLLAMA_BASE_URL: 'http://host.docker.internal:11434' } });
    expect(notes.better).toContain(
      'OLLAMA_BASE_URL: corrected: inside the container that is the web UI itself, not the Docker host',
    );
  });

  it('name origins, of which the first is the address of the page', () => {
    const { config, notes } = variables('{ CORS_ALLOW_ORIGIN: "https://chat.example.com/; http://10.0.0.1:3000" }');
    expect(config['webui']).toMatchObject({
      url: 'https://chat.example.com',
      env: { CORS_ALLOW_ORIGIN: 'https://chat.example.com;http://10.0.0.1:3000' },
    });
    expect(notes.cannot).toEqual([]);
  });
});

it('turns on sign-in and websockets that were off, and names as moved only variables that no rule refuses', () => {
  const { notes, config } = moved([
    DATA,
    'environment: { ENABLE_WEBSOCKET_SUPPORT: "False", WEBUI_AUTH: "false", DATABASE_URL: "sqlite:////tmp/x.db", TZ: UTC }',
  ]);
  expect(notes.better).toContain('websockets, which were off: a proxy before the page has to let them through');
  expect(notes.moves).toContain('variables: TZ');
  expect(notes.cannot).toEqual([expect.stringMatching(/^DATABASE_URL: /)]);
  expect(notes.differs).toContainEqual(
    expect.stringMatching(/^sign-in, which was off, is on: sign in as admin@localhost/),
  );
  expect(config).toMatchObject({ webui: { env: { TZ: 'UTC' } } });
});

describe('networks', () => {
  const sidecar = (lines: string) => `  ollama: { image: ollama/ollama${lines} }\n`;

  it('of the project are kept for what stays on them', () => {
    const { config, notes } = moved([DATA, 'environment: { OLLAMA_BASE_URL: "http://ollama:11434" }'], sidecar(''));
    expect(config).toMatchObject({
      network: { name: 'chat_default', external: true },
      webui: { networks: { chat_default: { aliases: ['ui'] } }, env: { OLLAMA_BASE_URL: 'http://ollama:11434' } },
    });
    expect(notes.beside).toEqual(['ollama: on the network chat_default; reached as before (OLLAMA_BASE_URL)']);
  });

  it('of the project are not, when nothing stays there', () => {
    expect(moved([DATA]).config).not.toHaveProperty('network');
    expect(settings([DATA])).not.toHaveProperty('networks');
  });

  it('may be several, with names and fixed addresses; Valkey is on none of them', () => {
    const { config } = moved(
      [DATA, 'networks: { front: , back: { aliases: [chat], ipv4_address: 172.28.0.5 }, alone: }'],
      'networks: { front: { external: true }, back: { external: true, name: real }, alone: }',
    );
    expect(config).not.toHaveProperty('network');
    expect(config['webui']).toMatchObject({
      networks: { front: { aliases: ['ui'] }, real: { aliases: ['ui', 'chat'], ipv4: '172.28.0.5' } },
    });
    expect(config['webui']).not.toHaveProperty('networks.chat_alone');
  });

  it('with a fixed address of their own get a subnet', () => {
    const { config } = moved(
      [DATA, 'networks: { own: { ipv4_address: 172.28.0.5 } }'],
      'networks: { own: { ipam: { config: [{ subnet: 172.28.0.0/16 }] } } }',
    );
    expect(config).toMatchObject({
      network: { subnet: '172.28.0.0/16' },
      webui: { networks: { 'openwebui-network-chat': { ipv4: '172.28.0.5' } } },
    });
  });

  it('are those that web UI and Redis share', () => {
    const more =
      '  redis: { image: "valkey/valkey:9.0.1", networks: [back] }\nnetworks: { front: { external: true }, back: { external: true } }';
    const { config } = moved(
      [DATA, 'networks: [front, back]', 'environment: { REDIS_URL: "redis://redis:6379" }'],
      more,
    );
    expect(config).toMatchObject({
      network: { name: 'back', external: true },
      valkey: { image: 'valkey/valkey:9.0.1', alias: 'redis' },
      webui: { networks: { front: { aliases: ['ui'] } } },
    });
  });

  it('learn what waits for the web UI', () => {
    const { notes } = moved([DATA], sidecar(', depends_on: [ui], environment: { CHAT: "http://ui:8080" }'));
    expect(notes.beside).toEqual(['ollama: on the network chat_default; reaches ui as before (CHAT)']);
    expect(notes.differs).toContainEqual(expect.stringContaining('ollama: its depends_on ui'));
  });
});

describe('the Redis of the web UI', () => {
  const withRedis = (redis: string, more = '') =>
    moved([DATA, 'environment: { REDIS_URL: "redis://:pw@cache:6379/0" }'], `  cache: { ${redis} }\n${more}`);

  it('becomes Valkey, with a new volume for its sessions', () => {
    const { config, notes } = withRedis(
      'image: "redis:7-alpine", command: "redis-server --requirepass pw --maxmemory 512mb --maxmemory-policy allkeys-lru --appendonly yes", volumes: ["old:/data"]',
      'volumes: { old: }',
    );
    expect(config['valkey']).toEqual({ maxMemory: '512 MiB', memory: '640 MiB' });
    expect(notes.better).toEqual(
      expect.arrayContaining([
        expect.stringContaining('Valkey 8.0.10-alpine in place of redis:7-alpine, with a new volume'),
        expect.stringContaining('allkeys-lru would throw sessions away'),
        expect.stringContaining('in place of the password in the file'),
      ]),
    );
    expect(notes.cannot).toEqual([]);
  });

  it('keeps its data when it is a Valkey, and its snapshots', () => {
    const { config } = withRedis(
      'image: "valkey/valkey:8.1-alpine", command: ["valkey-server", "--save", "60", "100"], volumes: ["./valkey:/data"]',
    );
    expect(config['valkey']).toEqual({
      image: 'valkey/valkey:8.1-alpine',
      folder: expect.stringMatching(/chat\/valkey$/),
      snapshot: { after: '60s', changes: 100 },
    });
  });

  it('is published for the host alone', () => {
    const { config, notes } = withRedis('image: "valkey/valkey:8.1", ports: ["6380:6379"]');
    expect(config['valkey']).toMatchObject({ publish: { port: 6380 } });
    expect(notes.differs[0]).toContain('its port 6380 is published only on 127.0.0.1');
  });

  it('stays for those that use it as well', () => {
    const { config, notes, plan } = withRedis(
      'image: "redis:7"',
      '  searxng: { image: searxng, environment: { SEARXNG_REDIS_URL: "redis://:pw@cache:6379/1" } }',
    );
    expect(config).not.toHaveProperty('valkey');
    expect(notes.better).toContainEqual(
      expect.stringContaining('its own Valkey: the existing Redis also serves searxng'),
    );
    expect(JSON.stringify(plan)).not.toContain('rm --force ui cache');
  });

  it('may be none', () => {
    expect(moved([DATA]).notes.better).toContainEqual(expect.stringContaining('a Valkey, and with it websockets'));
  });
});

describe('cannot move', () => {
  it.each<[string, readonly string[], string, string?]>([
    [
      'the Docker socket',
      ['volumes: ["./d:/app/backend/data", "/var/run/docker.sock:/var/run/docker.sock"]'],
      'ui: /var/run/docker.sock (at /var/run/docker.sock); with the socket of an engine',
    ],
    ['several replicas', [DATA, 'deploy: { replicas: 3 }'], 'ui: 3 replicas; a stack has one web UI'],
    ['the network of another container', [DATA, 'network_mode: "service:vpn"'], 'ui: network_mode service:vpn'],
    ['the network of the host', [DATA, 'network_mode: host'], 'ui: the network of the host'],
    ['devices', [DATA, 'devices: ["/dev/dri:/dev/dri"]'], 'ui: devices: a device of the host'],
    ['root on the host', [DATA, 'privileged: true'], 'ui: privileged: it runs privileged'],
    ['a second port', [DATA, 'ports: ["80:8080", "81:8080", "9:9"]'], 'ui: the port 9:9'],
    [
      'a floating image in production',
      [DATA, 'image: ghcr.io/open-webui/open-webui:main'],
      'webui.image: main is whatever was pushed last',
      'prod',
    ],
  ])('%s', (_, lines, expected, stack = 'chat') => {
    const text = webui(...lines).replace(/ {4}image: ghcr\S*v0\.12\.4\n(?=[\s\S]* {4}image)/, '');
    expect(move(read(text), { stack }).notes.cannot[0]).toContain(expected);
  });

  it('one of several mounts, and the others do', () => {
    const { config, notes } = moved(['volumes: ["./d:/app/backend/data", "/var/run/docker.sock:/s", "./ca:/ca:ro"]']);
    expect(notes.cannot).toHaveLength(1);
    expect(config['webui']).toMatchObject({ mounts: [{ target: '/ca' }] });
  });
});

describe('the way', () => {
  it('takes out of a container what nothing is mounted for', () => {
    const { plan, config } = moved(["environment: { WEBUI_SECRET_KEY: a key of one's own }"]);
    expect(plan.steps[0]?.commands).toEqual([
      'docker stop chat-ui-1',
      'docker create --name chat-ui-1-data --volume open-webui-chat:/app/backend/data ghcr.io/open-webui/open-webui:v0.12.4',
      'docker cp chat-ui-1:/app/backend/data/. - | docker cp - chat-ui-1-data:/app/backend/data',
      'docker rm chat-ui-1-data',
    ]);
    expect(config['webui']).toMatchObject({ adoptVolume: true });
  });

  it('copies the data before an upgrade, and puts the copy back on the way back', () => {
    const lines = ['volumes: ["ui:/app/backend/data"]', 'environment: { WEBUI_SECRET_KEY: key }'];
    const { config, plan } = move(read(`${webui(...lines).replace('v0.12.4', '0.6.5-cuda')}volumes: { ui: }`));
    expect(config['webui']).toMatchObject({ image: 'ghcr.io/open-webui/open-webui:v0.12.4-cuda' });
    expect(plan.steps[1]?.commands).toEqual([
      "docker run --rm --entrypoint sh --volume chat_ui:/from:ro --volume chat_ui-before:/to ghcr.io/open-webui/open-webui:0.6.5-cuda -c 'cp -a /from/. /to/'",
    ]);
    expect(plan.back[1]?.commands[0]).toContain('--volume chat_ui-before:/from:ro --volume chat_ui:/to');
  });

  it('never removes a volume', () => {
    const { plan } = move(read(fixture('tutorial')));
    expect(JSON.stringify(plan)).not.toMatch(/--volumes|volume rm| -v"/);
  });
});
