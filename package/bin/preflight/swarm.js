import * as pulumi from '@pulumi/pulumi';
import { furtherNetworks } from '../core/attachments.js';
import { ownerOf } from '../core/labels.js';
import { balancerNameOf } from '../core/names.js';
import { isSwarm, platformOf } from '../core/platform.js';
import { deploysPostgres } from '../core/postgres.js';
import { serverNames } from '../core/valkey.js';
import { readInfo } from '../docker/info.js';
import { inspect } from '../docker/inspect.js';
import { inspectServices } from '../docker/services.js';
import { refusal, requireManager, requireNode, requireServicePorts } from './nodes.js';
import { requireRoom } from './room.js';
import { valkeyNodes } from './valkeyNodes.js';
const serversOf = ({ valkey, webui, database, gateway }) => ({
    ...{ valkey: valkey.name, webui: webui.name },
    ...(valkey.highAvailability && {
        ...Object.fromEntries(serverNames(valkey.name)
            .slice(1)
            .map((name, index) => [`valkey ${index + 2}`, name])),
        'valkey balancer': balancerNameOf(valkey.name),
    }),
    ...(deploysPostgres(database) && { database: database.name }),
    ...(gateway.domain && { gateway: gateway.name }),
});
const spreads = ({ webui, storage, hardening }) => webui.replicas > 1 && storage?.kind === 's3' && hardening !== 'strict';
function reservingOf(settings) {
    const { valkey, webui, database, gateway } = settings;
    const one = ({ reservation }) => ({ reservation, replicas: 1, spread: false });
    return {
        valkey: one(valkey),
        ...(valkey.highAvailability && {
            'valkey 2 and 3': { reservation: valkey.reservation, replicas: 2, spread: true },
        }),
        ...(deploysPostgres(database) && { database: one(database) }),
        ...(gateway.domain && { gateway: one(gateway) }),
        webui: { reservation: webui.reservation, replicas: webui.replicas, spread: spreads(settings) },
    };
}
const portsOf = ({ gateway: { domain, publish, tls } }) => domain === undefined
    ? {}
    : { 'gateway.publish.http': publish.http, ...(tls !== 'off' && { 'gateway.publish.https': publish.https }) };
export const claimsOn = (settings, claims) => isSwarm(settings)
    ? claims.filter(({ kind, name }) => kind !== 'container' || !Object.values(serversOf(settings)).includes(name))
    : [...claims];
async function requireServiceNames(docker, settings, mine, owner) {
    const servers = Object.entries(serversOf(settings));
    const found = await inspectServices(docker, servers.map(([, name]) => name));
    const taken = found.flatMap(({ Spec: { Name, Labels } }) => {
        const other = ownerOf(Labels);
        if (other?.project === mine.project && other.stack === mine.stack)
            return [];
        const [server = ''] = servers.find(([, name]) => name === Name) ?? [];
        const [section] = server.split(' ');
        const whose = other ? `of ${other.project}/${other.stack}` : 'which this program has not created';
        return [
            `  the service ${Name}, ${whose}\n    to do: remove it (docker service rm ${Name}; its volumes stay), or choose another ${owner}:${section}.name\n`,
        ];
    });
    if (taken.length === 0)
        return;
    throw new pulumi.RunError(`Some names of the stack ${mine.stack} are in use on this Swarm. Nothing was created or changed.\n${taken.join('')}`);
}
async function requireSwarmNetworks(docker, settings) {
    const { network } = settings;
    const names = [
        ...(network.external ? [network.name] : []),
        ...['valkey', 'webui'].flatMap((server) => furtherNetworks(server, settings)),
    ];
    const local = (await inspect(docker, 'network', [...new Set(names)])).filter(({ Scope }) => Scope !== 'swarm');
    if (local.length === 0)
        return;
    throw refusal(`The networks ${local.map(({ Name }) => Name).join(' and ')} exist on one engine only, and services cannot join them.`, ['docker network create --driver overlay --attachable NAME, and name that one']);
}
export function requireOnePlatform(settings, present, { commands }) {
    const swarm = isSwarm(settings);
    const servers = present.filter(({ kind, role, runs }) => kind === 'container' && role === 'server' && runs);
    const others = servers.filter(({ service }) => (service === undefined) === swarm);
    if (others.length === 0)
        return;
    const [now, then] = swarm ? ['containers', 'services of Swarm'] : ['services of Swarm', 'containers'];
    throw refusal(`The stack runs as ${now} (${others.map(({ name }) => name).join(', ')}), and would become ${then} on the same data.`, [`${commands.down}, which keeps the data and the secrets, and then ${commands.up}`]);
}
export async function requireSwarm(docker, settings, subject) {
    const { init } = platformOf(settings.platform);
    const info = await readInfo(docker).catch(() => undefined);
    if (!info)
        return false;
    const managing = docker.manager ? await readInfo(docker.manager).catch(() => undefined) : info;
    if (!managing) {
        await pulumi.log.warn('The manager of the Swarm does not answer: could not check the Swarm.');
        return true;
    }
    if (!requireManager(info, managing, init, subject)) {
        if (pulumi.runtime.isDryRun())
            await pulumi.log.info('The engine is not part of a Swarm yet; the update initializes a single-node Swarm.');
        return false;
    }
    const { Nodes: nodes = 1 } = managing.Swarm ?? {};
    const node = await requireNode(docker, info, managing);
    const { webui, storage } = settings;
    if (nodes > 1 && webui.replicas > 1 && storage?.kind !== 's3') {
        throw refusal(`The Swarm has ${nodes} nodes, and the ${webui.replicas} web UIs keep uploads in a volume, which is on one of them.`, ['set storage.kind to s3, so that all of them reach the uploads; or webui.replicas: 1']);
    }
    const mine = { project: pulumi.getProject(), stack: pulumi.getStack() };
    await valkeyNodes(docker, settings, node);
    await requireServiceNames(docker, settings, mine, subject.owner);
    await requireSwarmNetworks(docker, settings);
    await requireServicePorts(docker, { node, ports: portsOf(settings), mine, owner: subject.owner });
    await requireRoom(docker, reservingOf(settings), node);
    return true;
}
const ALONE = '127.0.0.1';
async function make(docker) {
    const { code, stderr } = await docker.capture(['swarm', 'init']);
    if (code === 0)
        return;
    const { code: again, stderr: why } = /address/i.test(stderr)
        ? await docker.capture(['swarm', 'init', '--advertise-addr', ALONE])
        : { code, stderr };
    if (again === 0)
        return;
    throw refusal(`The engine could not initialize a Swarm: ${why.trim().split('\n')[0]}.`, ['docker swarm init there']);
}
async function sayPlaces(docker, { valkey, webui }, { spread, elsewhere }) {
    const needed = [...(spread ? [webui.image] : []), ...(elsewhere ? [valkey.image] : [])];
    const images = await Promise.all(needed.map((image) => inspect(docker, 'image', [image]).catch(() => [])));
    const local = needed.filter((_, index) => images[index]?.some(({ RepoDigests }) => !RepoDigests?.length));
    for (const image of local)
        await pulumi.log.warn(`${image} comes from no registry: only nodes that already have it can run it, and a manager cannot check which do.`);
    const others = [
        ...(spread ? ['web UIs run on every node'] : []),
        ...(elsewhere ? ['the second and the third Valkey run on a node each'] : []),
    ];
    await pulumi.log.info(others.length > 0
        ? `${others.join('; ')}; all else runs on the node of this engine, where its data is`
        : 'all servers run on the node of this engine, where their data is');
}
export async function provideSwarm(docker, settings) {
    const stateOf = async (engine) => (await readInfo(engine).catch(() => undefined))?.Swarm;
    if (!pulumi.runtime.isDryRun() && (await stateOf(docker))?.LocalNodeState !== 'active') {
        await make(docker);
        await pulumi.log.info('initialized a single-node Swarm; docker swarm leave --force removes it when no stack needs it');
    }
    const own = await stateOf(docker);
    const { Nodes: nodes = 1 } = (docker.manager ? await stateOf(docker.manager) : own) ?? {};
    const spread = spreads(settings);
    const elsewhere = await valkeyNodes(docker, settings, own?.NodeID ?? '').catch((error) => {
        if (pulumi.runtime.isDryRun() && !pulumi.RunError.isInstance(error))
            return undefined;
        throw error;
    });
    if (nodes > 1)
        await sayPlaces(docker, settings, { spread, elsewhere: elsewhere !== undefined });
    return { node: own?.NodeID || undefined, spread, valkeyNodes: elsewhere };
}
