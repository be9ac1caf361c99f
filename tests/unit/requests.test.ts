/** What servers ask of an engine that it may not have, by recorded answers of the docker command. */

import type { EngineInfo } from '../../docker/info.ts';
import { requireRequests } from '../../preflight/requests.ts';
import { record } from '../support/mocks.ts';

const LOG = { driver: 'json-file' };
const HAS: Partial<EngineInfo> = {
  Plugins: { Log: ['fluentd', 'json-file', 'local', 'syslog'] },
  Runtimes: { runc: {} },
};

interface Options {
  engine?: Partial<EngineInfo>;
  plugins?: string;
  /** What the engine says to a container that is tried. */
  says?: string;
  preview?: boolean;
  /** What it has of the running web UI. */
  running?: object;
}

async function look(webui: object, { engine = HAS, plugins = '', says = '', preview, running }: Options = {}) {
  const ran: string[] = [];
  const answers: Record<string, string> = {
    info: JSON.stringify(engine),
    plugin: plugins,
    container: JSON.stringify(running ? [{ HostConfig: running }] : []),
  };
  const capture = async (args: readonly string[]) => {
    const [command = ''] = args;
    if (command === 'run') ran.push(args.join(' '));
    const code = command === 'run' && says ? 125 : 0;
    return { code, stdout: answers[command] ?? '', stderr: command === 'run' ? says : '', all: '', timedOut: false };
  };
  const docker = { capture, run: async (args: readonly string[]) => (await capture(args)).stdout };
  const settings = {
    valkey: { name: 'redis', image: 'valkey:8', log: LOG },
    webui: { name: 'open-webui', log: LOG, ...webui },
    gateway: { name: 'caddy', log: LOG },
  };
  const present = running
    ? [{ kind: 'container', name: 'open-webui', runs: true, owner: undefined, role: 'server', image: '', volumes: [] }]
    : [];
  const warned = jest.spyOn(console, 'warn').mockImplementation();
  const { result } = await record(
    () => requireRequests(docker as never, settings as never, present as never).catch((error: Error) => error),
    { preview: preview ?? false },
  );
  const warnings = warned.mock.calls.map(([text]) => String(text));
  return { refused: (result as Error | undefined)?.message, ran, warnings };
}

it('asks nothing of the engine, and starts nothing, while no server asks for more than every engine has', async () => {
  expect(await look({}, { engine: {} })).toEqual({ refused: undefined, ran: [], warnings: [] });
});

it('refuses a log driver that the engine does not have, also in a preview', async () => {
  const { refused, ran } = await look({ log: { driver: 'loki' } }, { preview: true, plugins: 'other:latest\n' });
  expect(refused).toBe(
    'This engine has no log driver loki. Nothing was created or changed.\n' +
      '  it has:  fluentd, json-file, local, syslog, other:latest, none\n' +
      '  to do:   set webui.log.driver to one of them; a plugin is installed on the Docker host, with docker plugin install\n',
  );
  expect(ran).toEqual([]);
});

it.each([
  ['none', ''],
  ['fluentd', ''],
  ['loki', 'loki:latest\n'],
  ['grafana/loki:3', 'grafana/loki:3\n'],
])('accepts the log driver %s', async (driver, plugins) => {
  expect((await look({ log: { driver } }, { plugins })).refused).toBeUndefined();
});

it('tries what docker info does not tell, before anything is made', async () => {
  const asked = {
    log: { driver: 'syslog', options: { 'syslog-format': 'rfc9999' } },
    ulimits: { nofile: { soft: 1024, hard: 65536 } },
  };
  const { refused, ran } = await look(asked, { says: 'docker: invalid syslog format.\n' });
  expect(ran).toEqual([
    expect.stringMatching(
      /^run --rm .*--network none --log-driver syslog --log-opt syslog-format=rfc9999 --ulimit nofile=1024:65536 --entrypoint \/bin\/sh valkey:8 -c :$/,
    ),
  ]);
  expect(refused).toBe(
    'The engine cannot start a container with log, ulimits as webui has it. Nothing was created or changed.\n' +
      '  the engine says:  docker: invalid syslog format.\n' +
      '  to do:            correct webui.log, webui.ulimits\n',
  );
  expect((await look(asked)).refused).toBeUndefined();
  const high = "error setting rlimit type 7: operation not permitted\nRun 'docker run --help' for more information\n";
  expect((await look(asked, { says: high })).refused).toMatch(
    / {2}the engine says: {2}error setting rlimit type 7: operation not permitted\n {2}to do: {12}lower webui\.ulimits: the engine cannot exceed its own limits\n$/,
  );
});

it('refuses a GPU on an engine that has none, with what to install', async () => {
  const says = 'could not select device driver "" with capabilities: [[gpu]].';
  const { refused, ran } = await look({ gpus: ['0', '2'] }, { says });
  expect(ran[0]).toContain(' --gpus "device=0,2" ');
  expect(refused).toContain(`the engine says:  ${says}`);
  expect(refused).toContain("to do:            install NVIDIA's driver and its Container Toolkit on the Docker host");
  expect(refused).toContain('nvidia-ctk runtime configure --runtime=docker');
});

it.each<[string, Partial<EngineInfo>, number]>([
  ['no runtime of NVIDIA', HAS, 1],
  ['its runtime', { ...HAS, Runtimes: { nvidia: {} } }, 0],
  ['its devices', { ...HAS, DiscoveredDevices: [{ ID: 'nvidia.com/gpu=0' }] }, 0],
])('tries nothing in a preview, and warns only where docker info names %s', async (_, engine, warnings) => {
  const found = await look({ gpus: 'all' }, { engine, preview: true });
  expect(found).toMatchObject({ refused: undefined, ran: [] });
  expect(found.warnings).toHaveLength(warnings);
});

describe('a server that runs already', () => {
  const asked = { log: { driver: 'fluentd', options: { tag: 'x' } }, ulimits: { core: 0 }, gpus: 'all' };
  const running = {
    LogConfig: { Type: 'fluentd', Config: { tag: 'x', other: 'y' } },
    Ulimits: [{ Name: 'core', Soft: 0, Hard: 0 }],
    DeviceRequests: [{ Count: -1, DeviceIDs: null }],
  };

  it('has proved that it gets what it asks for: nothing is tried again', async () => {
    expect((await look(asked, { running, says: 'fluentd is down' })).ran).toEqual([]);
  });

  it.each([{ LogConfig: { Type: 'syslog', Config: {} } }, { Ulimits: [] }, { DeviceRequests: null }])(
    'is tried when it is to get something else: %j',
    async (other) => {
      expect((await look(asked, { running: { ...running, ...other } })).ran).toHaveLength(1);
    },
  );
});
