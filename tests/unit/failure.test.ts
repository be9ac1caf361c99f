/** What an error says of containers that did not become healthy. */

import type { Docker } from '../../docker/client.ts';
import { explainFailure, secretsIn } from '../../ops/failure.ts';

const secret = (value: unknown) => ({
  '4dabf18193072939515e22adb298388d': '1b47061264138c4ac30d75fd1eb44270',
  plaintext: JSON.stringify(value),
});

/** A container of the stack; its health is that of a server. */
const container = (name: string, state: object, { role = 'server', restarts = 0 } = {}) => ({
  Name: `/${name}`,
  RestartCount: restarts,
  State: { Status: 'running', Running: true, Restarting: false, ExitCode: 0, ...state },
  Config: { Labels: { 'com.pulumi.role': role } },
});

const explained = (containers: object[], log = '', secrets: string[] = [], unreadable = '') => {
  const docker: Partial<Docker> = {
    run: async () => 'id\n',
    capture: async ([command]) => ({
      ...{ code: command === 'logs' && unreadable ? 1 : 0, timedOut: false },
      stderr: command === 'logs' ? unreadable : '',
      ...{ stdout: JSON.stringify(containers), all: command === 'logs' ? log : '' },
    }),
  };
  return explainFailure(docker as Docker, { project: 'open-webui', stack: 'dev' }, secrets);
};

it('says nothing of what is well, and of a task that has succeeded', async () => {
  const well = [
    container('redis-valkey', { Health: { Status: 'healthy' } }),
    container('open-webui-init', { Status: 'exited', Running: false }, { role: 'init' }),
    container('open-webui-archive', { Status: 'exited', Running: false }, { role: 'archive' }),
  ];
  expect(await explained(well)).toBe('');
});

it('shows the last lines of the log, without secrets', async () => {
  const restarting = container('open-webui', { Status: 'restarting', ExitCode: 1 }, { restarts: 4 });
  const log = `${'old\n'.repeat(20)}could not connect to redis://openwebui:topsecret1@redis:6379\nboom\n`;
  const text = await explained([restarting], log, ['topsecret1']);
  expect(text.split('\n')).toEqual([
    'open-webui is restarting unchecked, exit code 1, restarted 4 times',
    ...Array(13).fill('  | old'),
    '  | could not connect to redis://openwebui:(secret)@redis:6379',
    '  | boom',
    '  more:    docker logs --tail 200 open-webui',
  ]);
});

it('says that a log cannot be read, and shows what the health check has said instead', async () => {
  const health = { Status: 'unhealthy', Log: [{ Output: 'old' }, { Output: 'No answer: topsecret1\n' }] };
  const why = 'Error response from daemon: configured logging driver does not support reading\n';
  const text = await explained([container('open-webui', { Health: health })], '', ['topsecret1'], why);
  expect(text.split('\n')).toEqual([
    'open-webui is running unhealthy',
    '  | (its log cannot be read: configured logging driver does not support reading)',
    '  | its last health check:',
    '  | No answer: (secret)',
    '  more:    where its log driver sends the log; with log.driver: json-file, the lines are shown here',
  ]);
});

it.each([
  [
    'OCI runtime create failed: error mounting "/nonexistent" to rootfs at "/sbin/docker-init"',
    '',
    'cannot run docker-init',
  ],
  ['', 'exec /sbin/docker-init: operation not permitted\n', 'Docker from snap'],
  ['', '[FATAL tini (7)] exec sh failed: Operation not permitted\n', 'Docker from snap'],
  ['failed to initialize logging driver: dial tcp 10.0.0.1:24224: connect: refused', '', 'the log driver cannot reach'],
  ['OCI runtime create failed: error setting rlimit type 7: operation not permitted', '', 'lower ulimits'],
  ['Bind for 127.0.0.1:3000 failed: port is already allocated', '', 'another publish.port'],
])('names the likely cause: %s%s', async (refused, log, cause) => {
  const text = await explained([container('redis-valkey', { Status: 'created', Running: false, Error: refused })], log);
  expect(text).toContain(`\n  likely:  `);
  expect(text).toContain(cause);
  if (refused) expect(text).toContain(`the engine says: ${refused}`);
});

it('finds every secret of a state, also inside of files and addresses', () => {
  const resources = [
    {
      urn: 'a',
      type: 'a',
      inputs: {
        plain: 'not a secret',
        uploads: secret([{ content: "KEY='first-one'\nURL='redis://me:second-one@redis/0'\n" }]),
      },
    },
    { urn: 'b', type: 'b', outputs: { result: secret('third-one-'), short: secret('abc') } },
  ];
  const found = secretsIn(resources);
  expect(found).toEqual(expect.arrayContaining(['first-one', 'second-one', 'third-one-']));
  expect(found).not.toContain('abc');
  expect(found).not.toContain('not a secret');
});
