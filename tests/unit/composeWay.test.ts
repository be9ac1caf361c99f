/** The way of a web UI whose data is in its container alone: nothing may remove that container before it works. */

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
        'docker rename chat-ui-1 chat-ui-1-before',
        'docker update --restart no chat-ui-1-before',
        'docker compose rm --force cache',
      ]),
    );
    expect(steps.join()).not.toMatch(/rm --force ui/);
  });

  it('is there again on the way back', () => {
    expect(commandsOf('back').slice(1)).toEqual([
      'docker update --restart always chat-ui-1-before',
      'docker rename chat-ui-1-before chat-ui-1',
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
  const text = webui(`environment: { DATABASE_URL: "postgresql://db/chat", STORAGE_PROVIDER: ${provider} }`);
  const { plan, config, notes } = move(read(text));
  const commands = plan.steps.flatMap((step) => step.commands).join('\n');
  expect(commands.includes('docker cp chat-ui-1:/app/backend/data/.')).toBe(isRescued);
  expect(commands.includes('docker rename chat-ui-1 chat-ui-1-before')).toBe(isRescued);
  expect(config['webui']).toEqual(isRescued ? expect.objectContaining({ adoptVolume: true }) : expect.anything());
  expect(notes.differs.join('\n').includes('uploaded files')).toBe(!isRescued);
});

it('a container whose data is mounted is removed', () => {
  const data = 'volumes: ["./data:/app/backend/data"]';
  expect(commandsOf('steps', data)).toContain('docker compose rm --force ui cache');
  expect(commandsOf('back', data)).toContain('docker compose up --detach ui cache');
  expect(commandsOf('after', data)).toEqual([]);
});
