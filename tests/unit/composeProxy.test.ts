/** A web UI behind a proxy is reached after its move as before: through its networks, at its port. */

import { move, read, removeProjects, webui } from '../support/compose.ts';

afterEach(removeProjects);

const DATA = 'volumes: ["./data:/app/backend/data"]';
const moved = (lines: readonly string[], more = '') => move(read(webui(DATA, ...lines) + more));

describe('the network of the project', () => {
  const kept = { network: { name: 'chat_default', external: true }, webui: { publish: 'none' } };

  it('is kept for a web UI without a port, since a proxy of another project may have joined it', () => {
    expect(moved(['ports: []']).config).toMatchObject(kept);
  });

  it('is kept for a web UI with labels of a proxy', () => {
    const { config } = moved(['labels: { traefik.enable: "true" }']);
    expect(config['network']).toEqual(kept.network);
  });

  it('is not, where the proxy has a network of its own', () => {
    const { config } = moved(['ports: []', 'networks: [proxy]'], 'networks: { proxy: { external: true } }');
    expect(config['network']).toEqual({ name: 'proxy', external: true });
  });
});

describe('another port in the container', () => {
  const SERVER = 'traefik.http.services.chat.loadbalancer.server.port';

  it('is corrected wherever a proxy reads it', () => {
    const { config, notes } = moved([
      'environment: { PORT: "9000", VIRTUAL_PORT: "9000" }',
      `labels: { ${SERVER}: "9000", note: "9000" }`,
    ]);
    expect(config['webui']).toMatchObject({
      labels: { [SERVER]: '8080', note: '9000' },
      env: { VIRTUAL_PORT: '8080' },
    });
    expect(notes.differs).toContain(
      `PORT 9000: inside its container the web UI listens on 8080, as ${SERVER} and VIRTUAL_PORT now say; a proxy that names the port elsewhere needs the new one`,
    );
  });

  it('leaves labels of other ports alone', () => {
    const { config } = moved(['environment: { PORT: "9000" }', `labels: { ${SERVER}: "9001" }`]);
    expect(config['webui']).toMatchObject({ labels: { [SERVER]: '9001' } });
  });
});

describe('host.docker.internal', () => {
  it.each(['host-gateway', '172.17.0.1'])('is the Docker host by %s', (address) => {
    const { config, notes } = moved([`extra_hosts: ["host.docker.internal:${address}"]`]);
    expect(config['webui']).not.toHaveProperty('extraHosts');
    expect(notes.cannot).toEqual([]);
  });

  it('cannot move as the name of another machine', () => {
    const { config, notes } = moved(['extra_hosts: ["host.docker.internal:192.168.7.20", "db:192.168.7.21"]']);
    expect(notes.cannot).toEqual([
      'webui.extraHosts.host.docker.internal: it always points to the Docker host; allowed: nothing, or host-gateway; remove it, or use another name for that address',
    ]);
    expect(config['webui']).toMatchObject({ extraHosts: { db: '192.168.7.21' } });
    expect(notes.moves).toContain('ui: the host names db');
  });
});

it.each(['chat-ui-1', 'chat_ui_1'])('the name %s, which Compose has made up, leads to it as before', (name) => {
  const { config, notes } = moved([], `  proxy: { image: proxy, environment: { UPSTREAM: "http://${name}:8080" } }\n`);
  expect(config['webui']).toMatchObject({ networks: { chat_default: { aliases: ['ui', name] } } });
  expect(notes.beside).toEqual(['proxy: on the network chat_default; reaches ui as before (UPSTREAM)']);
});

describe('is no mention of a host:', () => {
  it('a path', () => {
    const { notes } = moved([], '  tool: { image: tool, command: ["--config", "/ui/config.yaml"] }\n');
    expect(notes.beside).toEqual(['tool: on the network chat_default']);
  });

  it.each(['VECTOR_DB', 'CONTENT_EXTRACTION_ENGINE', 'STORAGE_PROVIDER', 'DATABASE_TYPE'])(
    'a kind of program, in %s',
    (name) => {
      const { notes } = moved([`environment: { ${name}: tika }`], '  tika: { image: tika }\n');
      expect(notes.beside).toEqual(['tika: on the network chat_default']);
    },
  );

  it.each([
    'POSTGRES_USER: ui',
    'POSTGRES_DB: ui',
    'DB_NAME: ui',
    'POSTGRES_PASSWORD: ui',
    'DATABASE_URL: "postgresql://ui:pw@other:5432/ui"',
  ])('the name of something else, in %s', (variable) => {
    const { notes } = moved([], `  tool: { image: tool, environment: { ${variable} } }\n`);
    expect(notes.beside).toEqual(['tool: on the network chat_default']);
  });
});

it.each([
  'UPSTREAM: ui',
  'HOST_NAME: ui',
  'DATABASE_HOST: ui',
  'BACKEND_ENGINE: "http://ui:8080"',
  'SERVER_NAME: "ui:8080"',
  'HOSTS: "other,ui"',
  'A: "http://me:pw@ui:8080"',
])('a mention of a host is %s', (variable) => {
  const { notes } = moved([], `  tool: { image: tool, environment: { ${variable} } }\n`);
  const [name] = variable.split(':');
  expect(notes.beside).toEqual([`tool: on the network chat_default; reaches ui as before (${name})`]);
});
