import { UserError } from '../../core/errors.mjs';
import type { Published } from '../../core/urls.ts';
import { parse, type Source } from '../../settings/parse.ts';

/** A stack's configuration as the program gets it. */
export const source = (given: Record<string, unknown>, secrets: string[] = [], stack = 'test'): Source => ({
  project: 'open-webui',
  stack,
  given,
  isSecret: (key) => secrets.includes(key),
});

/** The message of the refusal, which everything that is refused must have. */
export function refusal(given: Record<string, unknown>, secrets: string[] = [], stack = 'test'): string {
  try {
    parse(source(given, secrets, stack));
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}

/** The one problem of a refusal, as its four lines. */
export function problem(given: Record<string, unknown>, secrets: string[] = []): string[] {
  const [head, ...lines] = refusal(given, secrets).trimEnd().split('\n');
  expect(head).toBe('1 setting in Pulumi.test.yaml cannot be used. Nothing was created or changed.');
  return lines.filter(Boolean).map((line) => line.trim().replace(/^(given|allowed|to do): +/, ''));
}

/** Settings with one variable of the web UI. */
export const env = (name: string, value: unknown) => ({ webui: { env: { [name]: value } } });

/** The port of the page; fails where none is published. */
export function portOf({ publish }: { publish: Published }): number {
  if (publish === 'none') throw new Error('no port is published');
  return publish.port;
}
