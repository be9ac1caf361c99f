import * as pulumi from '@pulumi/pulumi';
import { isShared, joinedBy, type Networked, type Places } from '../core/attachments.ts';
import { completed, type Hardening, webuiDefaults } from '../core/defaults.ts';
import type { Host } from '../core/endpoint.ts';
import { databaseNetworkOf, valkeyHostOf } from '../core/names.ts';
import { deploysPostgres, poolsOf, USUAL_CONNECTIONS } from '../core/postgres.ts';
import { COMPONENTS } from '../core/resourceTypes.ts';
import { directUrl, type Published } from '../core/urls.ts';
import { dockerPlatform } from '../platform/docker/platform.ts';
import type { Platform } from '../platform/platform.ts';
import { Network, type NetworkArgs } from './network.ts';
import { OpenWebUI, type OpenWebUIArgs } from './openWebUI/index.ts';
import { type DatabaseOutput, storageOutput, type ValkeyOutput, type WebUIOutput } from './outputs.ts';
import { Postgres, type PostgresArgs } from './postgres/index.ts';
import { Secrets, type SecretsArgs } from './secrets.ts';
import { Valkey, type ValkeyArgs } from './valkey/index.ts';

/** What a deployment decides for its servers. */
type Wired = 'platform' | 'hardening' | 'name' | 'volume';

/** Arguments of {@link Deployment}. Names that are left out follow from its name and the stack's. */
export interface DeploymentArgs {
  /**
   * The engine that runs the servers.
   *
   * @default dockerPlatform()
   */
  platform?: Platform | undefined;
  /**
   * Isolation of the servers, see {@link ServerArgs}. `strict` also puts Valkey on a network of its own with the web UI, without a way out.
   *
   * @default 'standard'
   */
  hardening?: Hardening | undefined;
  /** The engine as people name it; decides only on the address in the outputs. */
  host?: Host | undefined;
  /**
   * The network that the servers join.
   *
   * @example { name: 'proxy', external: true }
   */
  network?:
    | {
        name?: string | undefined;
        /** Name of the network of Valkey and the web UI with `hardening: 'strict'`. */
        internalName?: string | undefined;
        external?: boolean | undefined;
        /** Subnets, needed for fixed addresses; see {@link NetworkArgs}. */
        subnet?: readonly string[] | undefined;
        transform?: NetworkArgs['transform'];
      }
    | undefined;
  /** How secrets are generated. */
  secrets?: Pick<SecretsArgs, 'transform'> | undefined;
  /**
   * The database of the web UI. With `url`, which is best a secret, it is a Postgres of your own, and none is deployed; with `processes` of
   * the web UI its connections are divided among them.
   *
   * @default { kind: 'sqlite' }
   * @example { kind: 'postgres', memory: '2 GiB' }
   */
  database?:
    | (Omit<PostgresArgs, Wired | 'networkName' | 'passwords' | 'processes'> & {
        kind?: 'sqlite' | 'postgres' | undefined;
        name?: string | undefined;
        volume?: string | undefined;
        url?: pulumi.Input<string> | undefined;
      })
    | undefined;
  /** Valkey; `auth: false` runs it without passwords, as in the tutorial. */
  valkey?:
    | (Omit<ValkeyArgs, Wired | 'networkName' | 'networks' | 'passwords'> & {
        /** Further networks, which exist already, and what it is on its own one; none with `hardening: 'strict'`. */
        networks?: Places | undefined;
        name?: string | undefined;
        volume?: string | undefined;
        auth?: boolean | undefined;
      })
    | undefined;
  /**
   * The web UI.
   *
   * @example { publish: { port: 8080 }, admin: { email: 'you@example.com' } }
   * @example { publish: 'none', networks: { proxy: { aliases: ['chat.internal'] } } }
   */
  webui?:
    | (Omit<
        OpenWebUIArgs,
        Wired | 'networkNames' | 'redisUrl' | 'websocketRedisUrl' | 'admin' | 'sessionKey' | 'database'
      > & {
        /** Further networks, which exist already, and what it is on its own one. */
        networks?: Places | undefined;
        name?: string | undefined;
        volume?: string | undefined;
        admin?: { email?: string | undefined; name?: string | undefined } | undefined;
        /** Server processes, where `env` sets more than one; for `verify`. */
        processes?: number | undefined;
        /**
         * Session key that people have already, so that nobody is signed out and what was encrypted with it stays readable.
         *
         * @default generated
         */
        sessionKey?: pulumi.Input<string> | undefined;
      })
    | undefined;
}

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
      external = false,
      subnet: subnets,
    } = args.network ?? {};
    const { kind = 'sqlite', url: ownDatabase, ...databaseArgs } = args.database ?? {};
    const databaseName = databaseArgs.name ?? `${name}-postgres-${stack}`;
    const networked: Networked = {
      database: { kind, url: ownDatabase, name: databaseName },
      ...{ hardening, network: { name: networkName, internalName, external } },
      ...{ valkey: { networks: valkeyPlaces }, webui: { networks: webuiPlaces } },
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
    const own = new Map([
      [networkName, network],
      ...(hardening === 'strict' ? [[internalName, valkeyNetwork] as const] : []),
      ...(databaseNetwork ? [[databaseNetworkOf(databaseName), databaseNetwork] as const] : []),
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
    const publish: Published =
      webuiArgs.publish === 'none' ? 'none' : completed(webuiArgs.publish ?? {}, webuiDefaults.publish);
    const direct = directUrl({ name: webuiName, publish }, host);
    const webui = new OpenWebUI(
      `${name}-webui`,
      {
        ...webuiArgs,
        name: webuiName,
        volume: webuiArgs.volume ?? `${name}-webui-${stack}`,
        ...{ platform, hardening, networkNames: attachments('webui') },
        ...{ redisUrl: valkey.redisUrl, websocketRedisUrl: valkey.websocketRedisUrl },
        admin: { email, name: admin.name ?? webuiDefaults.admin.name, password: secrets.adminPassword },
        // The generated one stays in the state: without the setting it counts again.
        sessionKey: sessionKey === undefined ? secrets.sessionKey : pulumi.secret(sessionKey),
        database: databaseUrl && { url: databaseUrl, pools: poolsOf(connections, processes) },
        // Where no proxy has an address of its own, it takes its address from each request: it may have several.
        url: asked === direct ? undefined : asked,
      },
      // A web UI that waits for its database would look like one that starts.
      { ...child('webui'), ...(postgres && { dependsOn: [postgres] }) },
    );

    this.url = asked ?? direct;
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
    };
    this.registerOutputs({});
  }
}
