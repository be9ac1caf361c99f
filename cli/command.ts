/** What a command is to `cli/main.ts`. */

/** Where a command runs. */
export interface Context {
  root: string;
  env: NodeJS.ProcessEnv;
}

export interface Command {
  summary: string;
  usage: string;
  /** Returns the exit code. */
  run(args: readonly string[], context: Context): Promise<number>;
}
