import { z } from 'zod';
import { RemoteError, UserError } from '../core/errors.mjs';
import { connect, type Docker } from '../docker/client.ts';
import { resolveHost } from '../docker/contexts.ts';
import { requireSameEngine } from './engine.ts';
import { type Pulumi, pulumiOn, type Workspace } from './pulumi.ts';

/** Where a server has its data. */
const storage = z.union([z.object({ volume: z.string() }), z.object({ folder: z.string() })]);

/** What a deployed stack says of itself: the outputs of `index.ts`. */
const outputs = z.object({
  url: z.string(),
  adminEmail: z.string(),
  adminPassword: z.string(),
  servers: z.object({
    webui: z
      .object({
        container: z.string(),
        /** Missing where no port of the host is published. */
        publishedAt: z.string().optional(),
        processes: z.number(),
        /** Absent for SQLite. */
        database: z.literal('postgres').optional(),
      })
      .and(storage),
    valkey: z.object({ container: z.string(), url: z.string(), operatorPassword: z.string() }).and(storage),
    /** Where Postgres is deployed. */
    database: z.object({ container: z.string() }).and(storage).optional(),
    /** Missing where there is none. */
    gateway: z
      .object({
        container: z.string(),
        volume: z.string(),
        origins: z.array(z.string()),
        publishedAt: z.object({ http: z.string(), https: z.string().optional() }),
        tls: z.enum(['acme', 'internal', 'files', 'off']),
        privateAuthority: z.boolean(),
      })
      .optional(),
  }),
  networks: z.array(z.string()),
  host: z.object({ address: z.string(), certificates: z.string(), context: z.string() }).partial(),
  /** Missing in a stack that an earlier release has deployed, and where no docker command answered. */
  engine: z.object({ id: z.string(), name: z.string() }).optional(),
});

export type Outputs = z.output<typeof outputs>;

/** A deployed stack, with the ways to its engine and its state. */
export interface Stack extends Outputs {
  name: string;
  docker: Docker;
  pulumi: Pulumi;
}

/** A stack whose page this machine reaches at `servers.webui.publishedAt`; see `withPage`. */
export type Reachable = Stack & { servers: { webui: { publishedAt: string } } };

/** A stack by its outputs; undefined when it has none, as it is not deployed. */
export function stackOf(workspace: Workspace, found: unknown): Stack | undefined {
  const read = outputs.safeParse(found).data;
  if (!read) return undefined;
  const { stack: name, env } = workspace;
  const docker = connect(resolveHost(read.host, `Pulumi.${name}.yaml`, env), env);
  return { ...read, name, docker, pulumi: pulumiOn(workspace) };
}

/**
 * A stack by the outputs in its state, secrets included: for use in memory only.
 *
 * @throws UserError when the stack is not deployed, or is on another engine than the one that answers. @throws RemoteError when its state cannot be read.
 */
export async function readStack(workspace: Workspace): Promise<Stack> {
  const { stack: name } = workspace;
  const { code, stdout, stderr } = await pulumiOn(workspace).capture(['stack', 'output', '--json', '--show-secrets']);
  if (code !== 0) throw new RemoteError(`could not read the outputs of the stack ${name}: ${stderr.trim()}`);
  const stack = stackOf(workspace, JSON.parse(stdout));
  if (!stack) throw new UserError(`the stack ${name} is not deployed: run npm run up -- --stack ${name}`);
  await requireSameEngine(stack.docker, name, stack.engine);
  return stack;
}
