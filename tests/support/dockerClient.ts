import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import type { Endpoint } from '../../core/endpoint.ts';
import type { Docker } from '../../docker/client.ts';
import type { Found } from '../../docker/inventory.ts';

let present: readonly Found[] | Error = [];
const changes: { endpoint: Endpoint; args: readonly string[] }[] = [];

/** What the next looks at the engine find; an error stands for an engine that does not answer. Forgets what was changed. */
export function engineHas(objects: readonly Found[] | Error): void {
  present = objects;
  changes.length = 0;
}

let printed = '';

/** What commands in a container print. */
export function containersPrint(text: string): void {
  printed = text;
}

/** The commands that would have changed something, and where. */
export const changed = (): readonly { endpoint: Endpoint; args: readonly string[] }[] => changes;

const KINDS: Record<string, Found['kind']> = { ps: 'container', network: 'network', volume: 'volume' };

function answer(endpoint: Endpoint, args: readonly string[]): string {
  if (present instanceof Error) throw present;
  const [command = ''] = args;
  if (command === 'container') return '<no value>\n';
  if (command === 'exec' && printed) return printed;
  const kind = KINDS[command];
  if (!kind) {
    changes.push({ endpoint, args });
    return '';
  }
  return present
    .filter((one) => one.kind === kind)
    .map(({ name, owner, role = '', image, volumes, runs }) => {
      const { project = '', stack = '' } = owner ?? {};
      return [name, project, stack, role, image, volumes.join(','), runs ? 'running' : 'exited'].join('\t');
    })
    .join('\n');
}

/** Stands in unit tests for the docker command. */
export const connect = (endpoint: Endpoint): Docker => ({
  endpoint,
  capture: async (args) => ({ code: 0, stdout: answer(endpoint, args), stderr: '', all: '', timedOut: false }),
  run: async (args) => answer(endpoint, args),
  attached: async () => 0,
  start: (): ChildProcessWithoutNullStreams => {
    throw new Error('unit tests start no program');
  },
});
