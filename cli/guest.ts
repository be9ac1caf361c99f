/** Stacks of programs that use the component and are none of this project's own: `--cwd FOLDER`, as Pulumi calls it. */

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { endpointEnvironment } from '../core/endpoint.ts';
import { UserError } from '../core/errors.mjs';
import { NotDeployed } from '../core/notDeployed.ts';
import { connect } from '../docker/client.ts';
import { resolveHost } from '../docker/contexts.ts';
import { deploymentsIn } from '../ops/component.ts';
import { readState } from '../ops/drift/state.ts';
import { type Guest, pulumiOn, type Workspace } from '../ops/pulumi.ts';
import { projectName } from '../settings/file.ts';
import { checkoutCommands } from '../settings/origin.ts';
import { providePulumi } from '../setup/pulumi.ts';
import { capture, run } from '../system/exec.mjs';
import type { Context } from './command.ts';
import { exclusively } from './exclusive.ts';
import { requireIdle } from './recover.ts';
import { chosenBackend } from './state.ts';
import { namesOf, type OpenStack, withStack } from './workspace.ts';

/** Options of the commands that take such a stack. */
export const STACK_OPTIONS = {
  stack: { type: 'string', short: 's' },
  cwd: { type: 'string' },
  component: { type: 'string' },
} as const;

/** How their usage shows these. */
export const STACK_USAGE = '[--stack NAME] [--cwd FOLDER [--component NAME]]';

/** What they were given. */
export interface Asked {
  stack?: string | undefined;
  /** Folder of the program. Default: this checkout has it */
  cwd?: string | undefined;
  /** Name of the deployment there. Default: there is one */
  component?: string | undefined;
}

/** The folder of the program that is meant. */
export const folderOfProgram = ({ root }: Context, { cwd }: Pick<Asked, 'cwd'>): string =>
  cwd === undefined ? root : resolve(root, cwd);

/** What people run on a deployment of such a program. */
function commandsOf({ cwd = '', component }: Asked, stack: string) {
  const which = component === undefined ? '' : ` --component ${component}`;
  const { moveDatabase: _, ...commands } = checkoutCommands(`--cwd ${cwd} --stack ${stack}${which}`);
  return { ...commands, up: 'pulumi up', refresh: 'pulumi refresh', down: 'pulumi destroy' };
}

/** The stack that is meant: the one asked for, else the one that Pulumi has selected there. */
async function nameStack(root: string, env: NodeJS.ProcessEnv, asked: string | undefined): Promise<string> {
  if (asked !== undefined) return asked;
  const { code, stdout } = await capture('pulumi', ['stack', '--show-name'], { cwd: root, env });
  if (code !== 0) throw new UserError(`Which stack? None is selected in ${root}; add -- --stack NAME`);
  return stdout.trim();
}

/** @throws UserError where the state has no deployment, or several and none was named. */
function chooseComponent(found: readonly string[], asked: string | undefined, stack: string): string {
  const [only, ...others] = found;
  const list = found.join(', ');
  if (only === undefined)
    throw new NotDeployed(`The stack ${stack} has no deployment of Open WebUI: pulumi up in its program creates one.`);
  if (asked === undefined && others.length > 0) throw new UserError(`Which one of ${list}? Add --component NAME`);
  if (asked !== undefined && !found.includes(asked))
    throw new UserError(`The stack ${stack} has no ${asked}. There ${others.length > 0 ? 'are' : 'is'}: ${list}.`);
  return asked ?? only;
}

async function open(context: Context, asked: Asked): Promise<OpenStack> {
  const root = folderOfProgram(context, asked);
  if (!existsSync(join(root, 'Pulumi.yaml')))
    throw new UserError(`There is no Pulumi.yaml in ${root}`, 'name the folder of your program with --cwd');
  // Pulumi itself would ask for a login.
  const backend = chosenBackend({ root, env: context.env });
  if (backend === undefined)
    throw new UserError(
      `Where is the state of the program in ${root}?`,
      'pulumi login, or PULUMI_BACKEND_URL, as when it was deployed',
    );
  const { env } = await providePulumi(context, () => {});
  const { stack, qualified } = namesOf(await nameStack(root, env, asked.stack));
  const { deployment } = JSON.parse(
    await run('pulumi', ['stack', 'export', '--stack', qualified], { cwd: root, env }),
  ) as { deployment?: { resources?: { urn: string; type: string }[] } };
  const guest: Guest = {
    component: chooseComponent(deploymentsIn(deployment?.resources ?? []), asked.component, stack),
    commands: commandsOf(asked, stack),
  };
  const workspace: Workspace = { root, env, stack, qualified, guest };
  const { host } = await readState(pulumiOn(workspace));
  const endpoint = resolveHost(host, 'the state', env);
  return {
    ...workspace,
    env: endpointEnvironment(endpoint, env),
    docker: connect(endpoint, env),
    owner: { project: projectName(root), stack },
    ...{ embedded: false, backend, tidy: () => {} },
  };
}

/**
 * For the commands on a deployed stack, of this project's own program or of another that uses the component: opens it, then works on it.
 *
 * @param changes whether the work changes it, so that it is refused while another command does. Default: false
 * @throws UserError when the stack, or a deployment in it, cannot be determined.
 */
export async function withDeployment<Result>(
  context: Context,
  asked: Asked,
  work: (stack: OpenStack) => Promise<Result>,
  { changes = false }: { changes?: boolean } = {},
): Promise<Result> {
  if (asked.cwd === undefined) {
    if (asked.component !== undefined)
      throw new UserError('--component names a deployment of another program: add --cwd FOLDER');
    return withStack(context, asked.stack, work, { changes });
  }
  const stack = await open(context, asked);
  if (!changes) return work(stack);
  return exclusively({ root: stack.root, env: context.env }, stack.owner, async () => {
    await requireIdle(stack);
    return work(stack);
  });
}
