import { z } from 'zod';
import { command } from './command.ts';
import { useEngine } from './engine.ts';

/** What a deployed stack tells about itself; the outputs of `index.ts`. */
const outputs = z.object({
  url: z.string(),
  adminEmail: z.string(),
  adminPassword: z.string(),
  networkName: z.string(),
  valkeyContainer: z.string(),
  valkeyVolume: z.string(),
  webuiContainer: z.string(),
  webuiVolume: z.string(),
  redisUrl: z.string(),
  operatorPassword: z.string(),
  publishedAt: z.string(),
  serverProcesses: z.number(),
  host: z.object({ address: z.string(), certificates: z.string(), context: z.string() }).partial(),
});

export type Stack = z.output<typeof outputs>;

/** A stack by its outputs; undefined when it has none, as it is not deployed. */
export const stackOf = (found: unknown): Stack | undefined => outputs.safeParse(found).data;

/**
 * Outputs of a stack, secrets included: for use in memory only. From then on `docker` talks to the engine of that stack.
 *
 * @throws Error that says what to do when the stack does not exist or is not deployed.
 */
export async function readStack(name: string): Promise<Stack> {
  const { code, stdout, stderr } = await command('pulumi', [
    'stack',
    'output',
    '--json',
    '--show-secrets',
    '--stack',
    name,
  ]);
  if (code !== 0) throw new Error(`the outputs of the stack ${name} cannot be read: ${stderr.trim()}`);
  const stack = stackOf(JSON.parse(stdout));
  if (!stack) throw new Error(`the stack ${name} is not deployed: run npm run up -- --stack ${name}`);
  useEngine(stack.host);
  return stack;
}
