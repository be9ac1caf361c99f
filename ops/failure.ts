/** Why a deployment failed, by what its containers say: Pulumi knows only that one of them did not become healthy. */

import { filtersOf, type Owner, ROLE_LABEL } from '../core/labels.ts';
import type { Docker } from '../docker/client.ts';
import { healthOf, isHealthy } from '../docker/health.ts';
import { type Container, inspect } from '../docker/inspect.ts';
import { readLog } from '../docker/logs.ts';
import { SERVICE_LABEL } from '../docker/services.ts';
import { type Resource, secretTexts } from './drift/state.ts';

/** How much of a log is shown. */
const LINES = 15;
const LONGEST = 300;

/** Shorter ones are no secrets, and hiding them would hide words. */
const SHORTEST = 8;

const MASK = '(secret)';

/** Every secret text among what Pulumi has noted of a stack, longest first: of a file of variables each value, of an address its password. */
export function secretsIn(resources: readonly Resource[]): string[] {
  const texts = new Set<string>();
  const add = (text: string) => {
    if (text.length < SHORTEST || texts.has(text)) return;
    texts.add(text);
    for (const [, value = ''] of text.matchAll(/^\w+='(.*)'$/gm)) add(value);
    if (URL.canParse(text)) add(decodeURIComponent(new URL(text).password));
  };
  for (const { inputs, outputs } of resources) for (const text of secretTexts([inputs, outputs])) add(text.trim());
  return [...texts].sort((a, b) => b.length - a.length);
}

const masked = (text: string, secrets: readonly string[]) =>
  secrets.reduce((rest, secret) => rest.replaceAll(secret, MASK), text);

/** What is known to keep a container from starting, with the way out. */
const CAUSES: readonly [RegExp, string][] = [
  [
    /(docker-init|tini)[^\n]*not permitted/i,
    "Docker from snap, or another security profile, forbids --init or no-new-privileges: use Docker's own packages or those of the distribution",
  ],
  [
    /docker-init\b/,
    'the engine cannot run docker-init, which --init needs: install it, or correct init-path in the configuration of the engine',
  ],
  [/error setting rlimit/i, 'the engine cannot set a limit that high: lower ulimits'],
  [
    /fail(ed|ure) to (initialize|create) logging driver|fail(ed|ure) to create task[^\n]*log/i,
    'the log driver cannot reach its destination: start that first, or correct log.options',
  ],
  [/port is already allocated|address already in use/i, 'something else has the port: choose another publish.port'],
];

const hasFailed = (container: Container): boolean =>
  container.Config.Labels?.[ROLE_LABEL] === 'init'
    ? container.State.Status === 'exited' && container.State.ExitCode !== 0
    : !isHealthy(container);

/** Whether a container was that of a task in whose place another one has come: it is well, or says more of what is wrong now. */
function isReplaced({ Id, State, Config }: Container, all: readonly Container[]): boolean {
  const service = Config.Labels?.[SERVICE_LABEL];
  if (service === undefined || State.Running) return false;
  const tasks = all.filter((one) => one.Config.Labels?.[SERVICE_LABEL] === service);
  const last = tasks.toSorted((a, b) => b.State.StartedAt.localeCompare(a.State.StartedAt)).at(0);
  return last?.Id !== Id;
}

async function explain(docker: Docker, container: Container, secrets: readonly string[]): Promise<string> {
  const name = container.Name.slice(1);
  const { text, unreadable } = await readLog(docker, name, LINES);
  const { Status, Error: refused = '', ExitCode } = container.State;
  const restarts = container.RestartCount > 0 ? `, restarted ${container.RestartCount} times` : '';
  const code = Status === 'running' ? '' : `, exit code ${ExitCode}`;
  // A log that cannot be read leaves what the engine keeps itself.
  const checked = unreadable === undefined ? '' : (container.State.Health?.Log?.at(-1)?.Output ?? '');
  const lines = masked(text || checked, secrets)
    .trimEnd()
    .split('\n')
    .slice(-LINES)
    .map((line) => (line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line));
  const silent = lines.join('').trim() === '';
  const said = [
    ...(unreadable === undefined ? [] : [`(its log cannot be read: ${unreadable})`]),
    ...(unreadable !== undefined && !silent ? ['its last health check:'] : []),
    ...(silent ? (unreadable === undefined ? ['(its log is empty)'] : []) : lines),
  ];
  const cause = CAUSES.find(([pattern]) => pattern.test(refused || text))?.[1];
  return [
    `${name} is ${healthOf(container)}${code}${restarts}${refused ? `; the engine says: ${masked(refused, secrets)}` : ''}`,
    ...(cause ? [`  likely:  ${cause}`] : []),
    ...said.map((line) => `  | ${line}`),
    unreadable === undefined
      ? `  more:    docker logs --tail 200 ${name}`
      : '  more:    where its log driver sends the log; with log.driver: json-file, the lines are shown here',
  ].join('\n');
}

/**
 * What the containers of a stack say that are not as they should be, with the last lines of their logs; empty when all are well.
 *
 * @param secrets what no line may show.
 * @throws RemoteError when the engine does not answer.
 */
export async function explainFailure(docker: Docker, owner: Owner, secrets: readonly string[]): Promise<string> {
  const ids = (await docker.run(['ps', '--all', '--quiet', '--no-trunc', ...filtersOf(owner)]))
    .split('\n')
    .filter(Boolean);
  const containers = (await inspect(docker, 'container', ids)).filter(
    ({ Config }) => Config.Labels?.[ROLE_LABEL] !== 'archive',
  );
  const failed = containers.filter((one) => hasFailed(one) && !isReplaced(one, containers));
  const texts = await Promise.all(failed.map((one) => explain(docker, one, secrets)));
  return texts.join('\n');
}
