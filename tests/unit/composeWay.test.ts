/** The way of a web UI with something in its container alone: nothing may remove that container before it works. And who started it. */

import { type Moved, move, read, removeProjects, webui } from '../support/compose.ts';

afterEach(removeProjects);

const KEY = 'environment: { WEBUI_SECRET_KEY: key, REDIS_URL: "redis://cache" }';
const commandsOf = (part: keyof Moved['plan'], ...lines: string[]) => {
  const text = `${webui(KEY, 'restart: always', ...lines)}  cache: { image: "valkey/valkey:9.0.1" }\n`;
  const { plan } = move(read(text));
  return plan[part].flatMap(({ commands }) => commands).map((one) => one.replace(/--file \S+ /, ''));
};

describe('data in the container alone', () => {
  it('stays in it, beside the stack', () => {
    const steps = commandsOf('steps');
    expect(steps).toEqual(
      expect.arrayContaining([
        'docker compose stop ui cache',
        'docker update --restart no chat-ui-1',
        'docker rename chat-ui-1 chat-ui-1-before',
        'docker network disconnect chat_default chat-ui-1-before',
        'docker compose rm --force cache',
      ]),
    );
    expect(steps.join()).not.toMatch(/rm --force ui/);
  });

  it('is there again on the way back', () => {
    expect(commandsOf('back').slice(1)).toEqual([
      'docker rename chat-ui-1-before chat-ui-1',
      'docker network connect --alias ui chat_default chat-ui-1',
      'docker update --restart always chat-ui-1',
      'docker compose up --detach --no-recreate ui cache',
    ]);
  });

  it('goes with the container in the end', () => {
    expect(commandsOf('after')).toEqual(['docker rm chat-ui-1-before']);
  });
});

it.each([
  ['local', true],
  ['s3', false],
])('with a database elsewhere and files in %s, only those files would be lost', (provider, isRescued) => {
  const elsewhere = `DATABASE_URL: "postgresql://db/chat", STORAGE_PROVIDER: ${provider}`;
  const text = webui(`environment: { WEBUI_SECRET_KEY: key, ${elsewhere} }`);
  const { plan, config, notes } = move(read(text));
  const commands = plan.steps.flatMap((step) => step.commands).join('\n');
  expect(commands.includes('docker cp chat-ui-1:/app/backend/data/.')).toBe(isRescued);
  expect(commands.includes('docker rename chat-ui-1 chat-ui-1-before')).toBe(isRescued);
  expect(config['webui']).toEqual(isRescued ? expect.objectContaining({ adoptVolume: true }) : expect.anything());
  expect(notes.differs.join('\n').includes('uploaded files')).toBe(!isRescued);
});

it('the key that a web UI has made for itself stays in its container, for the way back', () => {
  const text = webui('container_name: chat', 'volumes: ["./data:/app/backend/data"]');
  const { plan } = move(read(text));
  const commands = (part: keyof typeof plan) => plan[part].flatMap((step) => step.commands).join('\n');
  expect(commands('steps')).toContain('docker rename chat chat-before');
  expect(commands('steps')).not.toContain('rm --force');
  expect(commands('back')).toMatch(/docker rename chat-before chat\n(.*\n)*.* up --detach --no-recreate ui$/);
  expect(plan.after.map(({ text }) => text).join()).toContain('on the same data');
});

it('a container whose data is mounted, and whose key is in the file, is removed', () => {
  const data = 'volumes: ["./data:/app/backend/data"]';
  expect(commandsOf('steps', data)).toContain('docker compose rm --force ui cache');
  expect(commandsOf('back', data)).toContain('docker compose up --detach ui cache');
  expect(commandsOf('after', data)).toEqual([]);
});

describe('a file for a Swarm', () => {
  const PLACED = 'deploy: { placement: { constraints: ["node.role == manager"] } }';
  const DATA = 'volumes: ["./data:/app/backend/data"]';
  const ONLY = 'Only if docker stack deploy started it, instead:';
  const commandsIf = (part: keyof Moved['plan'], ...lines: string[]) => {
    const { plan } = move(read(webui(...lines)));
    return plan[part].filter(({ text }) => text.startsWith('Only if')).flatMap(({ commands }) => commands);
  };

  it('may have been started by either command: each has its own', () => {
    const given = webui(DATA, KEY, PLACED);
    const { plan } = move(read(`${given}  cache: { image: "valkey/valkey:9.0.1" }\n`));
    expect(plan.steps.map(({ text }) => text.split('.')[0])).toEqual([
      'Stop what moves, and only that',
      ONLY,
      'Deploy the stack',
    ]);
    expect(plan.steps[1]?.commands).toEqual(['docker service scale chat_ui=0 chat_cache=0']);
    expect(plan.back.slice(-2).map(({ text }) => text)).toEqual(['Start the old installation:', ONLY]);
    expect(plan.back.at(-1)?.commands).toEqual(['docker service scale chat_cache=1 chat_ui=1']);
    expect(plan.after[0]?.commands).toEqual(['docker service rm chat_ui chat_cache']);
  });

  it.each([
    'labels: { a: b }',
    'endpoint_mode: dnsrr',
    'update_config: { order: start-first }',
    'rollback_config: { parallelism: 1 }',
  ])('is one with deploy.%s', (line) => {
    expect(commandsIf('back', DATA, KEY, `deploy: { ${line} }`)).toEqual(['docker service scale chat_ui=1']);
  });

  it('is none with what docker compose reads as well', () => {
    const deploy = 'deploy: { replicas: 1, restart_policy: { condition: any }, resources: { limits: { memory: 2g } } }';
    expect(commandsIf('steps', DATA, KEY, deploy)).toEqual([]);
  });

  it.each([
    ['', [expect.stringContaining('only if docker stack deploy created the network chat_default')]],
    ['networks: { default: { driver: overlay, attachable: true } }\n', []],
  ])('has networks that a container joins only where they are attachable: %s', (networks, expected) => {
    const { notes } = move(read(`${webui(DATA, KEY, 'deploy: { labels: {} }')}  tool: { image: tool }\n${networks}`));
    expect(notes.differs.filter((one) => one.includes('stack deploy'))).toEqual(expected);
  });

  it('has its containers found by the service, and held while their data is copied', () => {
    const task = '"$(docker ps --quiet --filter label=com.docker.swarm.service.name=chat_ui)"';
    expect(commandsIf('steps', PLACED)).toEqual([
      `docker exec ${task} cat /app/backend/.webui_secret_key | npm run pulumi -- config set --secret --path webui.sessionKey --stack chat`,
      `docker pause ${task}`,
      'docker create --name chat-ui-1-data --volume open-webui-chat:/app/backend/data ghcr.io/open-webui/open-webui:v0.12.4',
      `docker cp ${task}:/app/backend/data/. - | docker cp - chat-ui-1-data:/app/backend/data`,
      'docker rm chat-ui-1-data',
      'docker service scale chat_ui=0',
    ]);
  });
});
