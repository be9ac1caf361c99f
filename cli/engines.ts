/** The engine of a stack, for the commands in which Pulumi does not run the program that would ask for it. */

import type { EngineId } from '../core/endpoint.ts';
import { UserError } from '../core/errors.mjs';
import { connect, type Docker } from '../docker/client.ts';
import { identify } from '../docker/identity.ts';
import { boundEngine, requireSameEngine } from '../ops/engine.ts';
import { pulumiOn, type Workspace } from '../ops/pulumi.ts';

interface Target extends Workspace {
  docker: Docker;
}

/** A resource of the state, as far as it is read. */
export interface Noted {
  urn: string;
  type: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
}

/** What a provider was given. */
interface Given {
  host?: string;
  certPath?: string;
}

const PROVIDER = 'pulumi:providers:docker';

/** How the URN of the provider for the manager of a Swarm ends. */
const MANAGER = '::manager';

/** Providers in the state whose address leads to another engine from here than the stack's. Any manager of its Swarm will do, and the present one is known to answer. */
async function astray({ docker, env }: Target, all: readonly Noted[], bound: EngineId): Promise<string[]> {
  const providers = all.flatMap(({ type, urn, inputs = {} }) => {
    const { host, certPath } = inputs as Given;
    if (type !== PROVIDER || !host || host === docker.endpoint.address) return [];
    const { manager } = docker.endpoint;
    if (urn.endsWith(MANAGER) && (!manager || host === manager.address)) return [];
    return [{ urn, endpoint: { address: host, ...(certPath && { certificates: certPath }) } }];
  });
  const found = await Promise.all(providers.map(({ endpoint }) => identify(connect(endpoint, env))));
  return providers.flatMap(({ urn }, index) => (found[index]?.id === bound.id ? [] : [urn]));
}

/**
 * Refuses a stack whose engine is another one than the one that answers here, and makes sure that Pulumi reaches it, too: in a refresh or a
 * destroy it takes the address in its state, which is that of the machine that has deployed last.
 *
 * @param resources those of the state. Default: they are read
 * @param update whether the address in the state may be brought up to date. Default: true
 * @throws UserError with both engines.
 */
export async function requireEngines(
  stack: Target,
  { resources, update = true }: { resources?: readonly Noted[]; update?: boolean } = {},
): Promise<void> {
  const { docker, stack: name } = stack;
  const all = resources ?? (await readNoted(stack));
  const bound = boundEngine(all);
  if (!bound?.id) return;
  await requireSameEngine(docker, name, bound);
  const wrong = await astray(stack, all, bound);
  if (wrong.length === 0) return;
  if (!update) {
    throw new UserError(
      `The state of the stack ${name} has an address of its engine that does not reach it from this machine. Nothing was changed.`,
      `npm run up -- --stack ${name} from here records one that does`,
    );
  }
  const targets = wrong.flatMap((urn) => ['--target', urn]);
  await pulumiOn(stack).run(['up', '--yes', '--skip-preview', ...targets]);
}

/**
 * Refuses an engine that is not the stack's own.
 *
 * @throws UserError with both engines.
 */
export async function requireOwnEngine(stack: Target): Promise<void> {
  const bound = boundEngine(await readNoted(stack));
  if (bound?.id) await requireSameEngine(stack.docker, stack.stack, bound);
}

async function readNoted(stack: Target): Promise<Noted[]> {
  const { deployment } = JSON.parse(await pulumiOn(stack).run(['stack', 'export'])) as {
    deployment?: { resources?: Noted[] };
  };
  return deployment?.resources ?? [];
}
