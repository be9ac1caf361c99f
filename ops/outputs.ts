import { z } from 'zod';
import { gatewayDefaults } from '../core/defaults.ts';
import { RemoteError } from '../core/errors.mjs';
import { NotDeployed } from '../core/notDeployed.ts';
import { type Duration, durationPattern } from '../core/units.ts';
import { connect, type Docker } from '../docker/client.ts';
import { resolveHost } from '../docker/contexts.ts';
import { taskContainers } from '../docker/services.ts';
import { readState } from './drift/state.ts';
import { requireSameEngine } from './engine.ts';
import { commandsOf, type Pulumi, pulumiOn, type Workspace } from './pulumi.ts';
import { withPrimary } from './valkeys.ts';

/** Where a server has its data. */
const storage = z.union([z.object({ volume: z.string() }), z.object({ folder: z.string() })]);

/** How a server is found: its container has that name, or each task of the service has a container. */
const located = {
  /** Of a service, that of one of its tasks: {@link withTasks} fills it in. */
  container: z.string().default(''),
  service: z.string().optional(),
  /** Those of all of its tasks that run on the engine; filled in as well. */
  containers: z.array(z.string()).optional(),
};

/** Where an engine answers. */
const place = z.object({ address: z.string(), certificates: z.string(), context: z.string() }).partial();

/** What a deployed stack says of itself: the outputs of `index.ts`. */
const outputs = z.object({
  url: z.string(),
  adminEmail: z.string(),
  adminPassword: z.string(),
  servers: z.object({
    webui: z
      .object({
        ...located,
        /** Missing where no port of the host is published. */
        publishedAt: z.string().optional(),
        /** Of each instance. */
        processes: z.number(),
        /** Missing on one Docker host, which has one. */
        replicas: z.number().optional(),
        /** Absent for SQLite. */
        database: z.literal('postgres').optional(),
        /** Absent where uploaded files are in the volume. */
        bucket: z.string().optional(),
      })
      .and(storage),
    valkey: z
      .object({
        ...located,
        url: z.string(),
        operatorPassword: z.string(),
        /** All servers, the first one as well; missing where there is one. */
        several: z
          .object({
            /** `node`: id of the Swarm node, where that is not the node with the data. */
            servers: z.array(z.object({ ...located, volume: z.string(), node: z.string().optional() })),
            balancer: z.object({ ...located, replicas: z.number().optional() }),
          })
          .optional(),
      })
      .and(storage),
    /** Where Postgres is deployed. */
    database: z.object(located).and(storage).optional(),
    /** Missing where there is none. */
    gateway: z
      .object({
        ...located,
        volume: z.string(),
        origins: z.array(z.string()),
        publishedAt: z.object({ http: z.string(), https: z.string().optional() }),
        tls: z.enum(['acme', 'internal', 'files', 'off']),
        privateAuthority: z.boolean(),
        /** Missing in a stack that an earlier release has deployed. */
        waitTimeout: z
          .custom<Duration>((text) => typeof text === 'string' && durationPattern.test(text))
          .default(gatewayDefaults.waitTimeout),
      })
      .optional(),
  }),
  networks: z.array(z.string()),
  host: place.extend({ manager: place.optional() }),
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

/** A server with the containers of its tasks, where it is a service. */
async function withContainers<Server extends { service?: string | undefined; container: string }>(
  docker: Docker,
  server: Server,
): Promise<Server> {
  const { service } = server;
  if (service === undefined) return server;
  // Whatever has to reach one that is not there says so by the name of the service.
  const containers = await taskContainers(docker, service).catch(() => []);
  return { ...server, container: containers[0] ?? service, containers };
}

/** A Valkey with the containers of all of its servers, and of the balancer, on this engine. */
async function withServers(docker: Docker, valkey: Outputs['servers']['valkey']): Promise<typeof valkey> {
  const found = await withContainers(docker, valkey);
  const { several } = found;
  if (!several) return found;
  const [balancer, ...servers] = await Promise.all([
    withContainers(docker, several.balancer),
    ...several.servers.map((server) => withContainers(docker, server)),
  ]);
  return { ...found, several: { balancer, servers } };
}

/** A stack by its outputs; undefined when it has none, as it is not deployed. */
export function stackOf(workspace: Workspace, found: unknown): Stack | undefined {
  const read = outputs.safeParse(found).data;
  if (!read) return undefined;
  const { stack: name, env } = workspace;
  const docker = connect(resolveHost(read.host, `Pulumi.${name}.yaml`, env), env);
  return { ...read, name, docker, pulumi: pulumiOn(workspace) };
}

/** The same stack with the containers of its tasks, where it runs on Swarm, and with that of the primary, where Valkey has several servers. */
export async function withTasks(stack: Stack): Promise<Stack> {
  const { docker } = stack;
  const { webui, valkey, database, gateway } = stack.servers;
  const [page, store, data, door] = await Promise.all([
    withContainers(docker, webui),
    withServers(docker, valkey).then((found) => withPrimary(docker, found)),
    database && withContainers(docker, database),
    gateway && withContainers(docker, gateway),
  ]);
  const servers = { webui: page, valkey: store, ...(data && { database: data }), ...(door && { gateway: door }) };
  return { ...stack, servers };
}

/**
 * A stack by the outputs in its state, secrets included: for use in memory only.
 *
 * @throws UserError when the stack is not deployed, or is on another engine than the one that answers. @throws RemoteError when its state cannot be read.
 */
export async function readStack(workspace: Workspace): Promise<Stack> {
  const { stack: name, guest } = workspace;
  const stack = stackOf(workspace, guest ? await componentOutputs(workspace) : await programOutputs(workspace));
  if (!stack)
    throw new NotDeployed(
      guest
        ? `${guest.component} of the stack ${name} is not deployed, or by an earlier release: ${commandsOf(workspace).up}`
        : `the stack ${name} is not deployed: run ${commandsOf(workspace).up}`,
    );
  await requireSameEngine(stack.docker, name, stack.engine);
  return withTasks(stack);
}

async function programOutputs(workspace: Workspace): Promise<unknown> {
  const { stack: name } = workspace;
  const { code, stdout, stderr } = await pulumiOn(workspace).capture(['stack', 'output', '--json', '--show-secrets']);
  if (code !== 0) throw new RemoteError(`could not read the outputs of the stack ${name}: ${stderr.trim()}`);
  return JSON.parse(stdout);
}

async function componentOutputs(workspace: Workspace): Promise<unknown> {
  const { outputs, host, engine } = await readState(pulumiOn(workspace));
  return { ...outputs, host, engine };
}
