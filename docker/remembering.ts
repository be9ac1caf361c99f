import type { CaptureOptions, Outcome } from '../system/exec.mjs';
import type { Docker } from './client.ts';

/** Commands that only read. */
const READS = /^(info|ps|(container|image|network|volume) (ls|inspect)) /;

/**
 * A client that asks each question once, for code that looks at one engine at one moment in several places. What changes the engine, or waits
 * for a change, takes the client itself.
 */
export function remembering(docker: Docker): Docker {
  const answers = new Map<string, Promise<unknown>>();
  const once =
    <Answer>(kind: string, ask: (args: readonly string[], options?: CaptureOptions) => Promise<Answer>) =>
    (args: readonly string[], options?: CaptureOptions): Promise<Answer> => {
      if (!READS.test(`${args.join(' ')} `)) return ask(args, options);
      const key = JSON.stringify([kind, ...args]);
      const known = answers.get(key) as Promise<Answer> | undefined;
      const answer = known ?? ask(args, options);
      answers.set(key, answer);
      return answer;
    };
  return { ...docker, capture: once<Outcome>('capture', docker.capture), run: once<string>('run', docker.run) };
}
