/** What every command of the command line is. */

export interface Context {
  /** Folder of the checkout, absolute. */
  root: string;
  /** The environment for the programs that a command starts. */
  env: NodeJS.ProcessEnv;
}

export interface Command {
  /** What it does, in one line. */
  summary: string;
  /** How it is called: `npm run NAME -- ARGUMENTS`. */
  usage: string;
  /**
   * Runs it with what stands behind its name on the command line; returns the exit code.
   *
   * @throws UserError, RemoteError or an error of `parseArgs`, which are shown without a stack trace.
   */
  run(args: readonly string[], context: Context): Promise<number>;
}
