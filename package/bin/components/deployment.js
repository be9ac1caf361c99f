import * as pulumi from '@pulumi/pulumi';
import { isShared, joinedBy } from '../core/attachments.js';
import { completed, gatewayDefaults, webuiDefaults } from '../core/defaults.js';
import { gatewayUrls, openedAt, originsOf } from '../core/gateway.js';
import { databaseNetworkOf, namesOfDeployment, tasksHostOf, valkeyHostOf } from '../core/names.js';
import { MOST_REPLICAS } from '../core/platform.js';
import { deploysPostgres, poolsOf, poolsOfSeveral, USUAL_CONNECTIONS } from '../core/postgres.js';
import { COMPONENTS } from '../core/resourceTypes.js';
import { directUrl } from '../core/urls.js';
import { WEBUI_PORT } from '../core/webui.js';
import { dockerPlatform } from '../platform/docker/platform.js';
import { bucketOf } from './deploymentArgs.js';
import { behind, frontOf } from './gateway/hold.js';
import { Gateway } from './gateway/index.js';
import { Network } from './network.js';
import { OpenWebUI } from './openWebUI/index.js';
import { storageOutput, } from './outputs.js';
import { Postgres } from './postgres/index.js';
import { Secrets } from './secrets.js';
import { Valkey } from './valkey/index.js';
export class Deployment extends pulumi.ComponentResource {
    url;
    adminEmail;
    adminPassword;
    networks;
    servers;
    constructor(name, args = {}, opts) {
        super(COMPONENTS.deployment, name, {}, opts);
        const { platform = dockerPlatform(), hardening = 'standard', host = {} } = args;
        const names = namesOfDeployment(name, pulumi.getStack());
        const { url: asked, processes = 1, admin = {}, sessionKey, networks: webuiPlaces = {}, ...webuiArgs } = args.webui ?? {};
        const { auth = true, networks: valkeyPlaces = {}, ...valkeyArgs } = args.valkey ?? {};
        const { name: networkName = names.network, internalName = names.internal, gatewayName = names.between, external = false, subnet: subnets, encrypted = false, } = args.network ?? {};
        const { kind = 'sqlite', url: ownDatabase, ...databaseArgs } = args.database ?? {};
        const bucket = bucketOf(args.storage, names.webui);
        const databaseName = databaseArgs.name ?? names.database;
        const networked = {
            database: { kind, url: ownDatabase, name: databaseName },
            ...{ hardening, network: { name: networkName, internalName, gatewayName, external } },
            ...{ valkey: { networks: valkeyPlaces }, webui: { networks: webuiPlaces }, gateway: args.gateway ?? {} },
        };
        if (hardening === 'strict' && Object.keys(valkeyPlaces).length > 0)
            throw new RangeError(`a strict Valkey joins no other network, got ${Object.keys(valkeyPlaces).join(', ')}`);
        const valkeyName = valkeyArgs.name ?? names.valkey;
        const child = (part) => ({
            parent: this,
            aliases: [{ name: part, parent: pulumi.rootStackResource }],
        });
        const network = new Network(`${name}-network`, { platform, name: networkName, external, subnets, encrypted, transform: args.network?.transform }, child('network')).networkName;
        const valkeyNetwork = hardening === 'strict'
            ? new Network(`${name}-internal`, { platform, name: internalName, internal: true, encrypted }, child('internal')).networkName
            : network;
        const secrets = new Secrets(`${name}-secrets`, {
            ...args.secrets,
            ...{ database: deploysPostgres({ kind, url: ownDatabase }), several: args.valkey?.highAvailability ?? false },
        }, child('secrets'));
        const databaseNetwork = secrets.database &&
            new Network(`${name}-database`, { platform, name: databaseNetworkOf(databaseName), internal: true, encrypted }, { parent: this }).networkName;
        const gatewayArgs = args.gateway?.domain && completed({ ...args.gateway, domain: args.gateway.domain }, gatewayDefaults);
        const between = gatewayArgs && new Network(`${name}-between`, { platform, name: gatewayName, encrypted }, { parent: this });
        const own = new Map([
            [networkName, network],
            ...(hardening === 'strict' ? [[internalName, valkeyNetwork]] : []),
            ...(databaseNetwork ? [[databaseNetworkOf(databaseName), databaseNetwork]] : []),
            ...(between ? [[gatewayName, between.networkName]] : []),
        ]);
        const attachments = (server) => joinedBy(server, networked).map(({ network: joined, ...place }) => ({
            name: own.get(joined) ?? joined,
            ...place,
        }));
        const [onValkeys = { name: valkeyNetwork }, ...valkeyNetworks] = attachments('valkey');
        const front = (server) => platform.several && gatewayArgs
            ? frontOf(gatewayArgs.name ?? names.gateway, server, gatewayArgs.waitTimeout)
            : undefined;
        const valkey = new Valkey(`${name}-valkey`, {
            ...behind(valkeyArgs.highAvailability ? undefined : front(valkeyName), valkeyArgs),
            name: valkeyName,
            alias: valkeyHostOf({ name: valkeyName, alias: valkeyArgs.alias }, { shared: isShared(networked), hardening }),
            volume: valkeyArgs.volume ?? names.valkeyVolume,
            ...{ platform, hardening, networkName: onValkeys, networks: valkeyNetworks },
            balancer: {
                ...valkeyArgs.balancer,
                apart: Boolean(ownDatabase && kind === 'postgres' && bucket && !gatewayArgs && hardening !== 'strict'),
            },
            passwords: auth
                ? { application: secrets.valkeyPassword, operator: secrets.operatorPassword, several: secrets.several }
                : undefined,
        }, child('valkey'));
        const postgres = secrets.database && databaseNetwork
            ? new Postgres(`${name}-postgres`, {
                ...behind(front(databaseName), databaseArgs),
                ...{ name: databaseName, volume: databaseArgs.volume ?? databaseName },
                ...{ platform, networkName: databaseNetwork, passwords: secrets.database },
                processes: platform.several ? processes * MOST_REPLICAS : processes,
            }, { parent: this })
            : undefined;
        const databaseUrl = postgres?.url ?? (kind === 'postgres' && ownDatabase !== undefined ? pulumi.secret(ownDatabase) : undefined);
        const connections = postgres?.maxConnections ?? databaseArgs.maxConnections ?? USUAL_CONNECTIONS;
        const email = admin.email ?? webuiDefaults.admin.email;
        const webuiName = webuiArgs.name ?? names.webui;
        const asPublished = webuiArgs.publish ?? (gatewayArgs ? 'none' : {});
        const publish = asPublished === 'none' ? 'none' : completed(asPublished, webuiDefaults.publish);
        const origins = gatewayArgs ? originsOf(gatewayArgs) : [];
        const url = asked ?? origins[0];
        const direct = directUrl({ name: webuiName, publish }, host);
        const webui = new OpenWebUI(`${name}-webui`, {
            ...webuiArgs,
            ...{ name: webuiName, publish },
            volume: webuiArgs.volume ?? names.webui,
            ...{ platform, hardening, networkNames: attachments('webui') },
            ...{ redisUrl: valkey.redisUrl, websocketRedisUrl: valkey.websocketRedisUrl },
            failover: Boolean(valkey.several),
            admin: { email, name: admin.name ?? webuiDefaults.admin.name, password: secrets.adminPassword },
            sessionKey: sessionKey === undefined ? secrets.sessionKey : pulumi.secret(sessionKey),
            database: databaseUrl && {
                url: databaseUrl,
                pools: (platform.several ? poolsOfSeveral : poolsOf)(connections, processes),
            },
            bucket,
            url: url === direct ? undefined : url,
            ...(between &&
                gatewayArgs && {
                proxy: {
                    origins: [...new Set([...openedAt(gatewayArgs, asked), ...origins])],
                    addresses: between.subnets,
                },
            }),
        }, {
            ...child('webui'),
            dependsOn: [...(postgres ? [postgres] : []), ...(platform.several && valkey.several ? [valkey] : [])],
        });
        const gateway = gatewayArgs &&
            between &&
            new Gateway(`${name}-gateway`, {
                ...gatewayArgs,
                name: gatewayArgs.name ?? names.gateway,
                volume: gatewayArgs.volume ?? names.gatewayVolume,
                ...{ platform, hardening, networkName: between.networkName },
                ...{ url: asked, upstream: `${platform.several ? tasksHostOf(webuiName) : webuiName}:${WEBUI_PORT}` },
                several: platform.several,
            }, { parent: this });
        this.url = url ?? direct;
        this.adminEmail = email;
        this.adminPassword = secrets.adminPassword;
        this.networks = [
            ...new Map([...attachments('webui'), ...attachments('valkey')].map(({ name }) => [name, pulumi.output(name)])).values(),
        ];
        const found = (instances) => platform.several
            ? { service: instances.apply(({ service = '' }) => service) }
            : { container: instances.apply(({ container = '' }) => container) };
        this.servers = {
            webui: {
                ...found(webui.instances),
                ...storageOutput(webui.volumeName, webuiArgs.folder),
                ...(publish !== 'none' && { publishedAt: direct }),
                processes,
                ...(platform.several && { replicas: webuiArgs.replicas ?? webuiDefaults.replicas }),
                ...(databaseUrl && { database: 'postgres' }),
                ...(bucket && { bucket: bucket.bucket }),
            },
            valkey: {
                ...found(valkey.instances),
                ...storageOutput(valkey.volumeName, valkeyArgs.folder),
                url: valkey.redisUrl,
                operatorPassword: auth ? secrets.operatorPassword : '',
                ...(valkey.several && {
                    several: {
                        servers: valkey.several.servers.map(({ instances, volume, node }) => ({
                            ...found(instances),
                            ...storageOutput(volume, undefined),
                            ...(node !== undefined && { node }),
                        })),
                        balancer: {
                            ...found(valkey.several.balancer),
                            ...(platform.several && { replicas: valkey.several.balancers }),
                        },
                    },
                }),
            },
            ...(postgres && {
                database: { ...found(postgres.instances), ...storageOutput(postgres.volumeName, undefined) },
            }),
            ...(gateway &&
                gatewayArgs && {
                gateway: {
                    ...found(gateway.instances),
                    ...{ volume: gateway.volumeName, origins, tls: gatewayArgs.tls, waitTimeout: gatewayArgs.waitTimeout },
                    publishedAt: gatewayUrls(gatewayArgs, host),
                    privateAuthority: gatewayArgs.tls !== 'acme' || gatewayArgs.acme?.server !== undefined,
                },
            }),
        };
        const { adminEmail, adminPassword, networks, servers } = this;
        this.registerOutputs({ url: this.url, adminEmail, adminPassword, networks, servers });
    }
}
