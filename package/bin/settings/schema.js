import { z } from 'zod';
import { balancerDefaults, valkeyDefaults, webuiDefaults } from '../core/defaults.js';
import { namesInStack } from '../core/names.js';
import { MOST_REPLICAS } from '../core/platform.js';
import { SERVERS, VALKEY_PORT } from '../core/valkey.js';
import { command, environment, extraHosts, gpus } from './containerLeaves.js';
import { databaseSettings } from './database.js';
import { gatewaySettings } from './gateway.js';
import { choice, count, described, dockerName, duration, engine, flag, group, image, memory } from './leaves.js';
import { subnets } from './networks.js';
import { platform } from './platform.js';
import { registries } from './registries.js';
import { publishable, published, serverSettings } from './server.js';
import { storageSettings } from './storage.js';
export const schemaFor = (stack, names = namesInStack(stack)) => z.strictObject({
    host: engine,
    registries,
    platform,
    hardening: choice('How far the containers are locked down. strict: no capabilities, no root, read-only root file systems, and a network without a route out for Valkey. A change replaces both containers', valkeyDefaults.hardening, 'strict'),
    network: group({
        name: dockerName('Name of the Docker network. A change replaces both containers', names.network),
        internalName: dockerName('Name of the network that Valkey shares with the web UI only; created only with hardening: strict. A change replaces both containers', names.internal),
        gatewayName: dockerName('Name of the network that the gateway shares with the web UI only; created only with a gateway. A change replaces both containers', names.between),
        external: flag('Whether the network is created elsewhere and only looked up', false),
        subnet: subnets,
        encrypted: flag('Whether the nodes of a Swarm encrypt the traffic between servers. Only with platform: swarm. Cannot be changed while the stack is deployed', false),
    }, 'The Docker network of both containers'),
    valkey: group({
        ...serverSettings(stack, valkeyDefaults, {
            name: names.valkey,
            volume: names.valkeyVolume,
            imageText: "Image of Valkey, with the official entrypoint. A change replaces the container; an older release than the data's is refused",
            networksText: 'Existing networks that Valkey joins besides its own; no stack removes them. Under the name of its own network: additional host names and fixed addresses there. Not with hardening: strict. A change replaces the container',
        }),
        alias: described(z
            .string()
            .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)
            .refine((text) => text !== 'localhost')
            .optional(), "Host name of Valkey on the network. Default: redis; if the web UI shares a network with others that may use that name (network.external, webui.networks), the container's. A change replaces both containers", 'a host name of lower-case letters, digits and "-", other than localhost', 'use a name such as "redis"; inside the web UI\'s container, localhost is the web UI itself'),
        persistence: choice('What a crash of Valkey can lose. aof: at most a second, thanks to an append-only file next to the snapshots; snapshots: everything since the last snapshot. A change replaces the container, which converts the data', valkeyDefaults.persistence, 'snapshots'),
        snapshot: group({
            after: duration('Time after which changes are written to a snapshot', valkeyDefaults.snapshot.after),
            changes: count('Minimum number of changes for a snapshot', valkeyDefaults.snapshot.changes, 1_000_000_000),
        }, 'When Valkey writes a snapshot. A change replaces the container'),
        auth: flag('Whether Valkey requires a password. Without one, everyone on the network can read and change all data. A change replaces both containers', true),
        highAvailability: flag('Whether there are three Valkeys, one of which takes over within seconds when another is lost, and a balancer before them; on a Swarm of several nodes each on a node of its own. Needs auth, persistence: aof and no further networks. A change replaces the container and keeps the data', valkeyDefaults.highAvailability),
        nodes: described(z
            .array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/))
            .length(SERVERS - 1)
            .refine((all) => new Set(all).size === all.length)
            .optional(), 'With highAvailability on a Swarm of several nodes: the nodes that run the second and the third Valkey and keep their data. Default: two ready nodes, workers first. A change moves that Valkey, which copies the data again; the volume on the previous node stays', 'a list of two nodes by host name or id, as docker node ls has them, without the node with the data', 'write it as [node2, node3], or leave it out'),
        balancer: group({
            image: image('Image of HAProxy. A change replaces the container', balancerDefaults.image),
            memory: memory('Memory limit of the container. Changed in place', balancerDefaults.memory),
        }, 'The balancer that leads web UIs to the primary; there is one only with highAvailability'),
        maxMemory: memory('Amount of data beyond which Valkey refuses writes. A change replaces the container', valkeyDefaults.maxMemory),
        publish: publishable(VALKEY_PORT, 'Publishes Valkey on the Docker host, for debugging. Default: not published. A change replaces the container'),
    }, 'The Valkey container, which carries websocket events and shared state'),
    webui: group({
        ...serverSettings(stack, webuiDefaults, {
            name: names.webui,
            volume: names.webui,
            imageText: 'Open WebUI image. A change replaces the container, after a backup',
            networksText: "Existing networks that the web UI joins besides its own, such as a proxy's; no stack removes them. Under the name of its own network: additional host names and fixed addresses there. A change replaces the container; the first network shared with others also replaces Valkey's container, which gets another host name (see valkey.alias)",
        }),
        replicas: count('Number of web UIs. More than one require platform: swarm, Postgres and a gateway. A change starts or stops only the difference', webuiDefaults.replicas, MOST_REPLICAS),
        publish: published(webuiDefaults.publish.port),
        url: described(z
            .string()
            .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).pathname === '/')
            .transform((text) => new URL(text).origin)
            .optional(), 'Address that people open, if it is not the published one (behind a proxy, for example). Sets WEBUI_URL and, for https://, secure cookies. A change replaces the container', 'an http:// or https:// address without a path', 'write it as "https://chat.example.com"'),
        admin: group({
            email: described(z.email().default(webuiDefaults.admin.email), 'Sign-in name of the first administrator. Used only with an empty volume', 'an e-mail address', 'write it as "you@example.com"'),
            name: described(z.string().min(1).max(100).default(webuiDefaults.admin.name), 'Display name of the first administrator. Used only with an empty volume', '1 to 100 characters'),
        }, 'The administrator that the deployment creates'),
        sessionKey: described(z
            .union([z.string(), z.int()])
            .transform(String)
            .refine((text) => /^\P{Cc}+$/u.test(text))
            .optional(), 'An existing WEBUI_SECRET_KEY, always a secret: users stay signed in, and what was encrypted with it stays readable. Default: a generated one. A change replaces the container and signs everyone out', 'at least one character, encrypted', undefined, { secret: true }),
        backupBeforeUpgrade: flag('Whether to make a backup before another image takes over the data; if the backup fails, there is no upgrade', true),
        upgradeTimeout: duration('How long an update waits for another release to migrate the database, on top of the time that healthcheck allows; a server that takes longer keeps starting, and the next update continues to wait', '10m'),
        configuration: choice('Where the settings of the admin panel come from. page: from env on the first start, then from the admin panel; file: from env at every start', webuiDefaults.configuration, 'file'),
        signup: choice('Whether strangers may sign up and wait for the approval of an administrator', webuiDefaults.signup, 'open'),
        env: environment,
        extraHosts,
        command,
        gpus,
    }, 'The web UI container'),
    database: databaseSettings(stack, names),
    storage: storageSettings(names),
    gateway: gatewaySettings(stack, names),
});
