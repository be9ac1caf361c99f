import * as pulumi from '@pulumi/pulumi';
import { isShared, joinedBy, type Networked } from '../core/attachments.ts';
import { completed, gatewayDefaults, webuiDefaults } from '../core/defaults.ts';
import { gatewayUrls, openedAt, originsOf } from '../core/gateway.ts';
import { databaseNetworkOf, namesOfDeployment, tasksHostOf, valkeyHostOf } from '../core/names.ts';
import { MOST_REPLICAS } from '../core/platform.ts';
import { deploysPostgres, poolsOf, poolsOfSeveral, USUAL_CONNECTIONS } from '../core/postgres.ts';
import { COMPONENTS } from '../core/resourceTypes.ts';
import { directUrl, type Published } from '../core/urls.ts';
import { WEBUI_PORT } from '../core/webui.ts';
import { dockerPlatform } from '../platform/docker/platform.ts';
import type { Instances } from '../platform/platform.ts';
import { bucketOf, type DeploymentArgs } from './deploymentArgs.ts';
import { behind, frontOf } from './gateway/hold.ts';
import { Gateway } from './gateway/index.ts';
import { Network } from './network.ts';
import { OpenWebUI } from './openWebUI/index.ts';
import {
  type DatabaseOutput,
  type GatewayOutput,
  storageOutput,
  type ValkeyOutput,
  type WebUIOutput,
} from './outputs.ts';
import { Postgres } from './postgres/index.ts';
import { Secrets } from './secrets.ts';
import { Valkey } from './valkey/index.ts';

export type { DeploymentArgs } from './deploymentArgs.ts';

/**
 * A whole chat: network, secrets, Valkey, a database if it is Postgres, and Open WebUI, wired to each other.
 *
 * @example
 * const chat = new Deployment('chat', { webui: { admin: { email: 'you@example.com' } } });
 * export const { url, adminPassword } = chat;
 */
export class Deployment extends pulumi.ComponentResource {
  /** Address of the page: `webui.url`, or where it is published, or where a proxy on its networks reaches it. */
  readonly url: string;
  /** Sign-in name of the first administrator. */
  readonly adminEmail: string;
  /** Password of the first administrator. Secret. */
  readonly adminPassword: pulumi.Output<string>;
  /** Names of the networks that the servers join. */
  readonly networks: pulumi.Output<string>[];
  /** Containers or services of the servers, and what operational commands need of them. Partly secret. */
  readonly servers: {
    webui: { [Key in keyof WebUIOutput]: pulumi.Input<WebUIOutput[Key]> };
    valkey: { [Key in keyof ValkeyOutput]: pulumi.Input<ValkeyOutput[Key]> };
    /** Where Postgres is deployed. */
    database?: { [Key in keyof DatabaseOutput]: pulumi.Input<DatabaseOutput[Key]> };
    /** Only with a gateway. */
    gateway?: { [Key in keyof GatewayOutput]: pulumi.Input<GatewayOutput[Key]> };
  };

  /** @throws RangeError for additional networks of a Valkey with `hardening: 'strict'`, and for S3 without a bucket. */
  constructor(name: string, args: DeploymentArgs = {}, opts?: pulumi.ComponentResourceOptions) {
    super(COMPONENTS.deployment, name, {}, opts);
    const { platform = dockerPlatform(), hardening = 'standard', host = {} } = args;
    const names = namesOfDeployment(name, pulumi.getStack());
    const {
      url: asked,
      processes = 1,
      admin = {},
      sessionKey,
      networks: webuiPlaces = {},
      ...webuiArgs
    } = args.webui ?? {};
    const { auth = true, networks: valkeyPlaces = {}, ...valkeyArgs } = args.valkey ?? {};
    const {
      name: networkName = names.network,
      internalName = names.internal,
      gatewayName = names.between,
      external = false,
      subnet: subnets,
      encrypted = false,
    } = args.network ?? {};
    const { kind = 'sqlite', url: ownDatabase, ...databaseArgs } = args.database ?? {};
    const bucket = bucketOf(args.storage, names.webui);
    const databaseName = databaseArgs.name ?? names.database;
    const networked: Networked = {
      database: { kind, url: ownDatabase, name: databaseName },
      ...{ hardening, network: { name: networkName, internalName, gatewayName, external } },
      ...{ valkey: { networks: valkeyPlaces }, webui: { networks: webuiPlaces }, gateway: args.gateway ?? {} },
    };
    if (hardening === 'strict' && Object.keys(valkeyPlaces).length > 0)
      throw new RangeError(`a strict Valkey joins no other network, got ${Object.keys(valkeyPlaces).join(', ')}`);
    const valkeyName = valkeyArgs.name ?? names.valkey;
    // In states from before Deployment existed, its parts are at the top level. Their children follow.
    const child = (part: string): pulumi.ComponentResourceOptions => ({
      parent: this,
      aliases: [{ name: part, parent: pulumi.rootStackResource }],
    });

    const network = new Network(
      `${name}-network`,
      { platform, name: networkName, external, subnets, encrypted, transform: args.network?.transform },
      child('network'),
    ).networkName;
    // Strict: only the web UI needs to reach Valkey.
    const valkeyNetwork =
      hardening === 'strict'
        ? new Network(
            `${name}-internal`,
            { platform, name: internalName, internal: true, encrypted },
            child('internal'),
          ).networkName
        : network;
    const secrets = new Secrets(
      `${name}-secrets`,
      {
        ...args.secrets,
        ...{ database: deploysPostgres({ kind, url: ownDatabase }), several: args.valkey?.highAvailability ?? false },
      },
      child('secrets'),
    );
    const databaseNetwork =
      secrets.database &&
      new Network(
        `${name}-database`,
        { platform, name: databaseNetworkOf(databaseName), internal: true, encrypted },
        { parent: this },
      ).networkName;
    const gatewayArgs =
      args.gateway?.domain && completed({ ...args.gateway, domain: args.gateway.domain }, gatewayDefaults);
    // Nothing else is on it, so the web UI can trust what comes from there.
    const between =
      gatewayArgs && new Network(`${name}-between`, { platform, name: gatewayName, encrypted }, { parent: this });
    const own = new Map([
      [networkName, network],
      ...(hardening === 'strict' ? [[internalName, valkeyNetwork] as const] : []),
      ...(databaseNetwork ? [[databaseNetworkOf(databaseName), databaseNetwork] as const] : []),
      ...(between ? [[gatewayName, between.networkName] as const] : []),
    ]);
    const attachments = (server: 'valkey' | 'webui') =>
      joinedBy(server, networked).map(({ network: joined, ...place }) => ({
        name: own.get(joined) ?? joined,
        ...place,
      }));
    const [onValkeys = { name: valkeyNetwork }, ...valkeyNetworks] = attachments('valkey');
    // One host replaces them in less time than that takes.
    const front = (server: string) =>
      platform.several && gatewayArgs
        ? frontOf(gatewayArgs.name ?? names.gateway, server, gatewayArgs.waitTimeout)
        : undefined;
    const valkey = new Valkey(
      `${name}-valkey`,
      {
        // Several servers are replaced without a gap.
        ...behind(valkeyArgs.highAvailability ? undefined : front(valkeyName), valkeyArgs),
        name: valkeyName,
        alias: valkeyHostOf({ name: valkeyName, alias: valkeyArgs.alias }, { shared: isShared(networked), hardening }),
        volume: valkeyArgs.volume ?? names.valkeyVolume,
        ...{ platform, hardening, networkName: onValkeys, networks: valkeyNetworks },
        // Where nothing else holds the web UI to the node with the data, balancers must not either.
        balancer: {
          ...valkeyArgs.balancer,
          apart: Boolean(ownDatabase && kind === 'postgres' && bucket && !gatewayArgs && hardening !== 'strict'),
        },
        passwords: auth
          ? { application: secrets.valkeyPassword, operator: secrets.operatorPassword, several: secrets.several }
          : undefined,
      },
      child('valkey'),
    );
    const postgres =
      secrets.database && databaseNetwork
        ? new Postgres(
            `${name}-postgres`,
            {
              ...behind(front(databaseName), databaseArgs),
              ...{ name: databaseName, volume: databaseArgs.volume ?? databaseName },
              ...{ platform, networkName: databaseNetwork, passwords: secrets.database },
              // For the maximum number: scaling must not change Postgres.
              processes: platform.several ? processes * MOST_REPLICAS : processes,
            },
            { parent: this },
          )
        : undefined;
    const databaseUrl =
      postgres?.url ?? (kind === 'postgres' && ownDatabase !== undefined ? pulumi.secret(ownDatabase) : undefined);
    const connections = postgres?.maxConnections ?? databaseArgs.maxConnections ?? USUAL_CONNECTIONS;
    const email = admin.email ?? webuiDefaults.admin.email;
    const webuiName = webuiArgs.name ?? names.webui;
    const asPublished = webuiArgs.publish ?? (gatewayArgs ? 'none' : {});
    const publish: Published = asPublished === 'none' ? 'none' : completed(asPublished, webuiDefaults.publish);
    const origins = gatewayArgs ? originsOf(gatewayArgs) : [];
    const url = asked ?? origins[0];
    const direct = directUrl({ name: webuiName, publish }, host);
    const webui = new OpenWebUI(
      `${name}-webui`,
      {
        ...webuiArgs,
        ...{ name: webuiName, publish },
        volume: webuiArgs.volume ?? names.webui,
        ...{ platform, hardening, networkNames: attachments('webui') },
        ...{ redisUrl: valkey.redisUrl, websocketRedisUrl: valkey.websocketRedisUrl },
        failover: Boolean(valkey.several),
        admin: { email, name: admin.name ?? webuiDefaults.admin.name, password: secrets.adminPassword },
        // The generated one stays in the state, and is used again without the setting.
        sessionKey: sessionKey === undefined ? secrets.sessionKey : pulumi.secret(sessionKey),
        database: databaseUrl && {
          url: databaseUrl,
          pools: (platform.several ? poolsOfSeveral : poolsOf)(connections, processes),
        },
        bucket,
        // Without an address of its own, the web UI takes it from each request: it may have several.
        url: url === direct ? undefined : url,
        ...(between &&
          gatewayArgs && {
            // People may also bypass a proxy in front of the gateway.
            proxy: {
              origins: [...new Set([...openedAt(gatewayArgs, asked), ...origins])],
              addresses: between.subnets,
            },
          }),
      },
      // Otherwise a web UI that waits for its database, or for three Valkeys that start one after the other, would look like one that is starting.
      {
        ...child('webui'),
        dependsOn: [...(postgres ? [postgres] : []), ...(platform.several && valkey.several ? [valkey] : [])],
      },
    );
    const gateway =
      gatewayArgs &&
      between &&
      new Gateway(
        `${name}-gateway`,
        {
          ...gatewayArgs,
          name: gatewayArgs.name ?? names.gateway,
          volume: gatewayArgs.volume ?? names.gatewayVolume,
          ...{ platform, hardening, networkName: between.networkName },
          ...{ url: asked, upstream: `${platform.several ? tasksHostOf(webuiName) : webuiName}:${WEBUI_PORT}` },
          several: platform.several,
        },
        { parent: this },
      );

    this.url = url ?? direct;
    this.adminEmail = email;
    this.adminPassword = secrets.adminPassword;
    this.networks = [
      ...new Map(
        [...attachments('webui'), ...attachments('valkey')].map(({ name }) => [name, pulumi.output(name)]),
      ).values(),
    ];
    // The platform knows which of the two applies before any exists.
    const found = (instances: pulumi.Output<Instances>): { [Key in keyof Instances]: pulumi.Output<string> } =>
      platform.several
        ? { service: instances.apply(({ service = '' }) => service) }
        : { container: instances.apply(({ container = '' }) => container) };
    this.servers = {
      webui: {
        ...found(webui.instances),
        ...storageOutput(webui.volumeName, webuiArgs.folder),
        ...(publish !== 'none' && { publishedAt: direct }),
        processes,
        ...(platform.several && { replicas: webuiArgs.replicas ?? webuiDefaults.replicas }),
        ...(databaseUrl && { database: 'postgres' as const }),
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
