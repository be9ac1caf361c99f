/** What no setting stands for: lost without harm, lost with a word, or a reason not to move. */

import { move, read, removeProjects, webui } from '../support/compose.ts';

afterEach(removeProjects);

const DATA = 'volumes: ["./data:/app/backend/data"]';
const notesOf = (...lines: string[]) => move(read(webui(...lines))).notes;

describe('moves without a word', () => {
  it.each([
    'privileged: false',
    'ipc: private',
    'cgroup: private',
    'links: [ollama, "ollama:ollama"]',
    'develop: { watch: [] }',
    'x-note: mine',
    'deploy: { replicas: 1, restart_policy: { condition: any } }',
  ])('%s', (line) => {
    const { cannot, differs } = notesOf(DATA, line);
    const [standard] = [notesOf(DATA)];
    expect([cannot, differs]).toEqual([[], standard?.differs]);
  });

  it('labels of a swarm service that the container has as well, in any form', () => {
    const labels = 'labels: { chat.group: tools, chat.count: 1 }';
    expect(notesOf(DATA, labels, 'deploy: { labels: ["chat.group=tools", "chat.count=1"] }').cannot).toEqual([]);
  });
});

describe('is lost with a word', () => {
  it.each([
    ['platform: linux/amd64', 'ui: platform: the engine uses the image for its own processor'],
    ['healthcheck: { disable: true }', 'ui: healthcheck.disable: a stack checks the health of its servers'],
    [
      'deploy: { placement: { constraints: ["node.role == manager"] } }',
      'ui: deploy.placement: docker compose ignores it, and a stack runs on the engine that it is deployed to',
    ],
    ['shm_size: 1gb', 'ui: shm_size, for which there is no setting'],
  ])('%s', (line, expected) => {
    const { cannot, differs } = notesOf(DATA, line);
    expect([cannot, differs]).toEqual([[], [expected]]);
  });
});

describe('cannot move', () => {
  it.each([
    [
      'deploy: { labels: { traefik.enable: "true", chat.group: tools } }',
      'ui: deploy.labels: traefik.enable: a swarm service has them, and a container does not; write under labels what a proxy has to read',
    ],
    ['links: ["ollama:llm"]', 'ui: links: the name llm for ollama; give ollama that alias on their network'],
    ['external_links: ["redis_1:redis"]', 'ui: external_links: names for containers of other projects'],
    ['models: [gemma]', 'ui: models: variables with the addresses of models; write them under environment'],
    ['ipc: host', 'ui: ipc: shared memory of the host or of another container'],
    ['deploy: { replicas: 2, placement: { constraints: ["a == b"] } }', 'ui: 2 replicas; a stack has one web UI'],
  ])('%s', (line, expected) => {
    expect(notesOf(DATA, 'labels: { chat.group: tools }', line).cannot).toEqual([expect.stringContaining(expected)]);
  });

  it('data in a part of a volume, which would be looked for in the whole one', () => {
    const text = webui(
      'volumes: [{ type: volume, source: apps, target: /app/backend/data/, volume: { subpath: chat } }]',
    );
    const { config, notes } = move(read(`${text}volumes: { apps: }\n`));
    expect(notes.cannot).toEqual(['ui: volumes.subpath: a part of a volume; a stack mounts whole ones']);
    expect(config['webui']).not.toHaveProperty('volume');
  });
});
