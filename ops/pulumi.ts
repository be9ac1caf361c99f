/** The Pulumi CLI on one stack. */

import { type Commands, checkoutCommands } from '../settings/origin.ts';
import { attached, type CaptureOptions, capture, type Outcome, run } from '../system/exec.mjs';

/** A deployment in a program that is not this project's own, but uses its component. */
export interface Guest {
  /** Name of the component. */
  component: string;
  commands: Commands;
}

/** A checkout, the environment for the programs that work on it, and one of its stacks. */
export interface Workspace {
  root: string;
  /** PATH with the Pulumi CLI, and where the state is. */
  env: NodeJS.ProcessEnv;
  /** Its name, as in Pulumi.NAME.yaml and in the labels. */
  stack: string;
  /** By which Pulumi finds it, with the organization where one was named. Default: `stack` */
  qualified?: string | undefined;
  /** Default: the checkout has this project's own program. */
  guest?: Guest | undefined;
}

/** What people run on a stack. */
export const commandsOf = ({ stack, guest }: Workspace): Commands =>
  guest?.commands ?? checkoutCommands(`--stack ${stack}`);

/** Commands of the Pulumi CLI; `--stack` is added to each. */
export interface Pulumi {
  readonly workspace: Workspace;
  capture(args: readonly string[], options?: CaptureOptions & { env?: NodeJS.ProcessEnv }): Promise<Outcome>;
  /** @throws RemoteError with the end of what the CLI says. */
  run(args: readonly string[], options?: CaptureOptions): Promise<string>;
  /** Runs a command on this terminal; returns its exit code. */
  attached(args: readonly string[]): Promise<number>;
}

export function pulumiOn(workspace: Workspace): Pulumi {
  const { root, env, stack, qualified = stack } = workspace;
  const place = { cwd: root, env };
  const withStack = (args: readonly string[]) => [...args, '--stack', qualified];
  return {
    workspace,
    capture: (args, options) => capture('pulumi', withStack(args), { ...place, ...options }),
    run: (args, options) => run('pulumi', withStack(args), { ...place, ...options }),
    attached: (args) => attached('pulumi', withStack(args), place),
  };
}
