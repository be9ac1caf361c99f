/** From a command line to a stack that can be worked on: Pulumi, engine and state. */

import { endpointEnvironment } from '../core/endpoint.ts';
import { UserError } from '../core/errors.mjs';
import type { Docker } from '../docker/client.ts';
import { resolveHost } from '../docker/contexts.ts';
import { provideEngine } from '../setup/engine.ts';
import { providePulumi } from '../setup/pulumi.ts';
import { type Progress, quietly, type step } from '../system/console.mjs';
import type { Context } from './command.ts';
import { exclusively } from './exclusive.ts';
import type { Needs } from './fingerprint.ts';
import { readNeeds, requireStackFile } from './needs.ts';
import { shortName } from './paths.ts';
import { requireIdle, type Target } from './recover.ts';
import { openState, rememberedStack } from './state.ts';

/** How steps are shown. */
export type Show = typeof step;

/** A machine with Pulumi, and with an engine that answers. */
export interface Machine extends Context {
  /** PATH has the Pulumi CLI; its provider finds the same engine as `docker`. */
  env: NodeJS.ProcessEnv;
  docker: Docker;
}

const preparePulumi = (context: Context, show: Show) => show('Pulumi', (progress) => providePulumi(context, progress));

/**
 * Makes Pulumi and an engine present: the engine that a stack's file names, else the one of this machine.
 *
 * @throws UserError that says what the user has to install or start.
 */
export async function prepareMachine(
  { root, env }: Context,
  show: Show,
  {
    needs,
    stack = '',
    prepared = preparePulumi({ root, env }, show),
  }: {
    needs?: Pick<Needs, 'host' | 'partial'>;
    stack?: string | undefined;
    /** Default: Pulumi is made present */
    prepared?: ReturnType<typeof preparePulumi> | undefined;
  } = {},
): Promise<Machine> {
  const pulumi = await prepared;
  const endpoint = resolveHost(needs?.host ?? {}, `Pulumi.${shortName(stack)}.yaml`, env);
  const foreign = needs?.partial === true;
  const { docker } = await show('Docker engine', async (progress) => {
    if (endpoint.manager) await provideEngine(endpoint.manager, pulumi.env, progress);
    return provideEngine(endpoint, pulumi.env, progress, { start: !foreign });
  });
  return { root, docker, env: endpointEnvironment(endpoint, pulumi.env) };
}

/**
 * Makes Pulumi and the engine of a stack present, and finds out what else the stack needs.
 *
 * @param create whether a stack that does not exist may be created in the state for that. Default: false
 */
export async function prepareStack(
  context: Context,
  show: Show,
  stack: string,
  { create = false }: { create?: boolean } = {},
): Promise<{ machine: Machine; needs: Needs }> {
  let prepared: ReturnType<typeof preparePulumi> | undefined;
  const pulumi = async () => {
    prepared ??= preparePulumi(context, show);
    return (await prepared).env;
  };
  const needs = await readNeeds(context, stack, { create, pulumi });
  return { needs, machine: await prepareMachine(context, show, { needs, stack, prepared }) };
}

/** The stack that is meant: the one asked for, else the one that this checkout has deployed last. */
export function nameStack(root: string, asked: string | undefined): string {
  const stack = asked ?? rememberedStack(root);
  if (!stack)
    throw new UserError('Which stack? Nothing was deployed from this checkout by npm run up; add -- --stack NAME');
  requireStackFile(root, stack);
  return stack;
}

/** A stack with its state and its engine. */
export interface OpenStack extends Target {
  /** Takes out of the stack file what Pulumi has written into it; to be called after each of its commands. */
  tidy(): void;
}

/** A stack as it was asked for, and as its files and labels have it. */
export const namesOf = (asked: string): { stack: string; qualified: string } => ({
  stack: shortName(asked),
  qualified: asked,
});

interface Opening {
  /** Whether a stack that is not deployed is created in the state rather than refused. */
  create: boolean;
  /** Default: without a word. */
  show?: Show;
  /** What has to be done before anything else; returns what was done, in words. */
  before?(stack: OpenStack, progress: Progress): Promise<string | undefined>;
}

/**
 * Opens the state of a stack on a machine that is ready.
 *
 * @throws UserError when it is not deployed, and is not to be created.
 */
export async function openStack(
  { root, env, docker }: Machine,
  asked: string,
  project: string,
  { create, show = quietly, before }: Opening,
): Promise<OpenStack> {
  const { stack, qualified } = namesOf(asked);
  const owner = { project, stack };
  const { opened } = await show('state', async (progress) => {
    const { text, ...state } = await openState({ root, env }, { project, stack, qualified, create, progress });
    const opened: OpenStack = { root, docker, owner, stack, qualified, ...state };
    const done = await before?.(opened, progress);
    return { text: done ? `${text}; ${done}` : text, opened };
  });
  return opened;
}

interface Working {
  /** Whether a stack that is not deployed is created in the state rather than refused. Default: false */
  create?: boolean;
  /** Whether the work changes the stack, so that it is refused while another command does. Default: false */
  changes?: boolean;
}

/**
 * For the commands on a deployed stack: prepares the machine without a word and opens the stack, then works on it.
 *
 * @throws UserError when the work changes the stack, and another command does so, too.
 */
export async function withStack<Result>(
  context: Context,
  asked: string | undefined,
  work: (stack: OpenStack, needs: Needs) => Promise<Result>,
  { create = false, changes = false }: Working = {},
): Promise<Result> {
  const name = nameStack(context.root, asked);
  const { machine, needs } = await prepareStack(context, quietly, name, { create });
  const open = async () => {
    const stack = await openStack(machine, name, needs.project, { create });
    try {
      if (changes) await requireIdle(stack);
      return await work(stack, needs);
    } finally {
      stack.tidy();
    }
  };
  return changes ? exclusively(context, { project: needs.project, stack: shortName(name) }, open) : open();
}
