import * as pulumi from '@pulumi/pulumi';
import { isShared, joinedBy, type Networked } from '../core/attachments.ts';
import { completed, gatewayDefaults, webuiDefaults } from '../core/defaults.ts';
import { gatewayUrls, originsOf } from '../core/gateway.ts';
import { databaseNetworkOf, valkeyHostOf } from '../core/names.ts';
import { deploysPostgres, poolsOf, USUAL_CONNECTIONS } from '../core/postgres.ts';
import { COMPONENTS } from '../core/resourceTypes.ts';
import { directUrl, type Published } from '../core/urls.ts';
import { WEBUI_PORT } from '../core/webui.ts';
import { dockerPlatform } from '../platform/docker/platform.ts';
import type { DeploymentArgs } from './deploymentArgs.ts';
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
  /** Where people open the page: `webui.url`, else where it is published, else where a proxy on its networks finds it. */
  readonly url: string;
  /** Sign-in name of the first administrator. */
  readonly adminEmail: string;
  /** Password of the first administrator. Secret. */
  readonly adminPassword: pulumi.Output<string>;
  /** Names of the networks that the servers join. */
  readonly networks: pulumi.Output<string>[];
  /** How the servers are found, and what operations need of them. Partly secret. */
  readonly servers: {
    webui: { [Key in keyof WebUIOutput]: pulumi.Input<WebUIOutput[Key]> };
    valkey: { [Key in keyof ValkeyOutput]: pulumi.Input<ValkeyOutput[Key]> };
    /** Where Postgres is deployed. */
    database?: { [Key in keyof DatabaseOutput]: pulumi.Input<DatabaseOutput[Key]> };
    /** Only with a gateway. */
    gateway?: { [Key in keyof GatewayOutput]: pulumi.Input<GatewayOutput[Key]> };
  };

  /** @throws RangeError for networks of a Valkey that `hardening: 'strict'` keeps on one of its own. */
  constructor(name: string, args: DeploymentArgs = {}, opts?: pulumi.ComponentResourceOptions) {
    super(COMPONENTS.deployment, name, {}, opts);
    const { platform = dockerPlatform(), hardening = 'standard', host = {} } = args;
    const stack = pulumi.getStack();
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
      name: networkName = `${name}-${stack}`,
      internalName = `${name}-internal-${stack}`,
      gatewayName = `${name}-gateway-${stack}`,
      external = false,
      subnet: subnets,
    } = args.network ?? {};
    const { kind = 'sqlite', url: ownDatabase, ...databaseArgs } = args.database ?? {};
    const databaseName = databaseArgs.name ?? `${name}-postgres-${stack}`;
    const networked: Networked = {
      database: { kind, url: ownDatabase, name: databaseName },
      ...{ hardening, network: { name: networkName, internalName, gatewayName, external } },
      ...{ valkey: { networks: valkeyPlaces }, webui: { networks: webuiPlaces }, gateway: args.gateway ?? {} },
    };
    if (hardening === 'strict' && Object.keys(valkeyPlaces).length > 0)
      throw new RangeError(`a strict Valkey joins no other network, got ${Object.keys(valkeyPlaces).join(', ')}`);
    const valkeyName = valkeyArgs.name ?? `${name}-valkey-${stack}`;
    // A state from before there was a Deployment has its parts at the top. Their children follow.
    const child = (part: string): pulumi.ComponentResourceOptions => ({
      parent: this,
      aliases: [{ name: part, parent: pulumi.rootStackResource }],
    });

    const network = new Network(
      `${name}-network`,
      { platform, name: networkName, external, subnets, transform: args.network?.transform },
      child('network'),
    ).networkName;
    // Strict: only the web UI needs to reach Valkey.
    const valkeyNetwork =
      hardening === 'strict'
        ? new Network(`${name}-internal`, { platform, name: internalName, internal: true }, child('internal'))
            .networkName
        : network;
    const secrets = new Secrets(
      `${name}-secrets`,
      { ...args.secrets, database: deploysPostgres({ kind, url: ownDatabase }) },
      child('secrets'),
    );
    const databaseNetwork =
      secrets.database &&
      new Network(
        `${name}-database`,
        { platform, name: databaseNetworkOf(databaseName), internal: true },
        { parent: this },
      ).networkName;
    const gatewayArgs =
      args.gateway?.domain && completed({ ...args.gateway, domain: args.gateway.domain }, gatewayDefaults);
    // With nothing on it but the two: what comes from there is what the gateway says.
    const between = gatewayArgs && new Network(`${name}-between`, { platform, name: gatewayName }, { parent: this });
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
    const valkey = new Valkey(
      `${name}-valkey`,
      {
        ...valkeyArgs,
        name: valkeyName,
        alias: valkeyHostOf({ name: valkeyName, alias: valkeyArgs.alias }, { shared: isShared(networked), hardening }),
        volume: valkeyArgs.volume ?? `${name}-valkey-${stack}`,
        ...{ platform, hardening, networkName: onValkeys, networks: valkeyNetworks },
        passwords: auth ? { application: secrets.valkeyPassword, operator: secrets.operatorPassword } : undefined,
      },
      child('valkey'),
    );
    const postgres =
      secrets.database && databaseNetwork
        ? new Postgres(
            `${name}-postgres`,
            {
              ...databaseArgs,
              ...{ name: databaseName, volume: databaseArgs.volume ?? databaseName },
              ...{ platform, networkName: databaseNetwork, processes, passwords: secrets.database },
            },
            { parent: this },
          )
        : undefined;
    const databaseUrl =
      postgres?.url ?? (kind === 'postgres' && ownDatabase !== undefined ? pulumi.secret(ownDatabase) : undefined);
    const connections = postgres?.maxConnections ?? databaseArgs.maxConnections ?? USUAL_CONNECTIONS;
    const email = admin.email ?? webuiDefaults.admin.email;
    const webuiName = webuiArgs.name ?? `${name}-webui-${stack}`;
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
        volume: webuiArgs.volume ?? `${name}-webui-${stack}`,
        ...{ platform, hardening, networkNames: attachments('webui') },
        ...{ redisUrl: valkey.redisUrl, websocketRedisUrl: valkey.websocketRedisUrl },
        admin: { email, name: admin.name ?? webuiDefaults.admin.name, password: secrets.adminPassword },
        // The generated one stays in the state: without the setting it counts again.
        sessionKey: sessionKey === undefined ? secrets.sessionKey : pulumi.secret(sessionKey),
        database: databaseUrl && { url: databaseUrl, pools: poolsOf(connections, processes) },
        // Where no proxy has an address of its own, it takes its address from each request: it may have several.
        url: url === direct ? undefined : url,
        ...(between && { proxy: { origins, addresses: between.subnets } }),
      },
      // A web UI that waits for its database would look like one that starts.
      { ...child('webui'), ...(postgres && { dependsOn: [postgres] }) },
    );
    const gateway =
      gatewayArgs &&
      between &&
      new Gateway(
        `${name}-gateway`,
        {
          ...gatewayArgs,
          name: gatewayArgs.name ?? `${name}-gateway-${stack}`,
          volume: gatewayArgs.volume ?? `${name}-gateway-${stack}`,
          ...{ platform, hardening, networkName: between.networkName, upstream: `${webuiName}:${WEBUI_PORT}` },
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
    this.servers = {
      webui: {
        container: webui.instances.container,
        ...storageOutput(webui.volumeName, webuiArgs.folder),
        ...(publish !== 'none' && { publishedAt: direct }),
        processes,
        ...(databaseUrl && { database: 'postgres' as const }),
      },
      valkey: {
        container: valkey.instances.container,
        ...storageOutput(valkey.volumeName, valkeyArgs.folder),
        url: valkey.redisUrl,
        operatorPassword: auth ? secrets.operatorPassword : '',
      },
      ...(postgres && {
        database: { container: postgres.instances.container, ...storageOutput(postgres.volumeName, undefined) },
      }),
      ...(gateway &&
        gatewayArgs && {
          gateway: {
            ...{ container: gateway.instances.container, volume: gateway.volumeName, origins, tls: gatewayArgs.tls },
            publishedAt: gatewayUrls(gatewayArgs, host),
            privateAuthority: gatewayArgs.tls !== 'acme' || gatewayArgs.acme?.server !== undefined,
          },
        }),
    };
    this.registerOutputs({});
  }
}
