import type { Endpoint } from '../../docker/client.ts';
import type { Found } from '../../docker/inventory.ts';

let present: readonly Found[] | Error = [];
const changes: { endpoint: Endpoint; args: readonly string[] }[] = [];

/** What the next looks at the engine find; an error stands for an engine that cannot be asked. Forgets what was changed. */
export function engineHas(objects: readonly Found[] | Error): void {
  present = objects;
  changes.length = 0;
}

/** The commands that would have changed something, and where. */
export const changed = (): readonly { endpoint: Endpoint; args: readonly string[] }[] => changes;

const KINDS: Record<string, Found['kind']> = { ps: 'container', network: 'network', volume: 'volume' };

/** Stands in unit tests for the docker command. */
export async function dockerCommand(endpoint: Endpoint, args: readonly string[]): Promise<string> {
  if (present instanceof Error) throw present;
  const [command = ''] = args;
  if (command === 'container') return '<no value>\n';
  const kind = KINDS[command];
  if (!kind) {
    changes.push({ endpoint, args });
    return '';
  }
  return present
    .filter((one) => one.kind === kind)
    .map(({ name, owner, image, volumes, runs }) => {
      const [project = '', stack = ''] = owner?.split('/') ?? [];
      return [name, project, stack, image, volumes.join(','), runs ? 'running' : 'exited'].join('\t');
    })
    .join('\n');
}
