import { z } from 'zod';
import { gatewayDefaults } from '../core/defaults.js';
import { RemoteError } from '../core/errors.mjs';
import { NotDeployed } from '../core/notDeployed.js';
import { durationPattern } from '../core/units.js';
import { connect } from '../docker/client.js';
import { resolveHost } from '../docker/contexts.js';
import { taskContainers } from '../docker/services.js';
import { readState } from './drift/state.js';
import { requireSameEngine } from './engine.js';
import { commandsOf, pulumiOn } from './pulumi.js';
import { withPrimary } from './valkeys.js';
const storage = z.union([z.object({ volume: z.string() }), z.object({ folder: z.string() })]);
const located = {
    container: z.string().default(''),
    service: z.string().optional(),
    containers: z.array(z.string()).optional(),
};
const place = z.object({ address: z.string(), certificates: z.string(), context: z.string() }).partial();
const outputs = z.object({
    url: z.string(),
    adminEmail: z.string(),
    adminPassword: z.string(),
    servers: z.object({
        webui: z
            .object({
            ...located,
            publishedAt: z.string().optional(),
            processes: z.number(),
            replicas: z.number().optional(),
            database: z.literal('postgres').optional(),
            bucket: z.string().optional(),
        })
            .and(storage),
        valkey: z
            .object({
            ...located,
            url: z.string(),
            operatorPassword: z.string(),
            several: z
                .object({
                servers: z.array(z.object({ ...located, volume: z.string(), node: z.string().optional() })),
                balancer: z.object({ ...located, replicas: z.number().optional() }),
            })
                .optional(),
        })
            .and(storage),
        database: z.object(located).and(storage).optional(),
        gateway: z
            .object({
            ...located,
            volume: z.string(),
            origins: z.array(z.string()),
            publishedAt: z.object({ http: z.string(), https: z.string().optional() }),
            tls: z.enum(['acme', 'internal', 'files', 'off']),
            privateAuthority: z.boolean(),
            waitTimeout: z
                .custom((text) => typeof text === 'string' && durationPattern.test(text))
                .default(gatewayDefaults.waitTimeout),
        })
            .optional(),
    }),
    networks: z.array(z.string()),
    host: place.extend({ manager: place.optional() }),
    engine: z.object({ id: z.string(), name: z.string() }).optional(),
});
async function withContainers(docker, server) {
    const { service } = server;
    if (service === undefined)
        return server;
    const containers = await taskContainers(docker, service).catch(() => []);
    return { ...server, container: containers[0] ?? service, containers };
}
async function withServers(docker, valkey) {
    const found = await withContainers(docker, valkey);
    const { several } = found;
    if (!several)
        return found;
    const [balancer, ...servers] = await Promise.all([
        withContainers(docker, several.balancer),
        ...several.servers.map((server) => withContainers(docker, server)),
    ]);
    return { ...found, several: { balancer, servers } };
}
export function stackOf(workspace, found) {
    const read = outputs.safeParse(found).data;
    if (!read)
        return undefined;
    const { stack: name, env } = workspace;
    const docker = connect(resolveHost(read.host, `Pulumi.${name}.yaml`, env), env);
    return { ...read, name, docker, pulumi: pulumiOn(workspace) };
}
export async function withTasks(stack) {
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
export async function readStack(workspace) {
    const { stack: name, guest } = workspace;
    const stack = stackOf(workspace, guest ? await componentOutputs(workspace) : await programOutputs(workspace));
    if (!stack)
        throw new NotDeployed(guest
            ? `${guest.component} of the stack ${name} is not deployed, or by an earlier release: ${commandsOf(workspace).up}`
            : `the stack ${name} is not deployed: run ${commandsOf(workspace).up}`);
    await requireSameEngine(stack.docker, name, stack.engine);
    return withTasks(stack);
}
async function programOutputs(workspace) {
    const { stack: name } = workspace;
    const { code, stdout, stderr } = await pulumiOn(workspace).capture(['stack', 'output', '--json', '--show-secrets']);
    if (code !== 0)
        throw new RemoteError(`could not read the outputs of the stack ${name}: ${stderr.trim()}`);
    return JSON.parse(stdout);
}
async function componentOutputs(workspace) {
    const { outputs, host, engine } = await readState(pulumiOn(workspace));
    return { ...outputs, host, engine };
}
