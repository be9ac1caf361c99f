import * as pulumi from '@pulumi/pulumi';
import { isShared, joinedBy, type Networked, type Places } from '../core/attachments.ts';
import { completed, type Hardening, webuiDefaults } from '../core/defaults.ts';
import type { Host } from '../core/endpoint.ts';
import { valkeyHostOf } from '../core/names.ts';
import { COMPONENTS } from '../core/resourceTypes.ts';
import { directUrl, type Published } from '../core/urls.ts';
import { dockerPlatform } from '../platform/docker/platform.ts';
import type { Instances, Platform } from '../platform/platform.ts';
import { Network, type NetworkArgs } from './network.ts';
import { OpenWebUI, type OpenWebUIArgs } from './openWebUI/index.ts';
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
  secrets?: SecretsArgs | undefined;
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
    | (Omit<OpenWebUIArgs, Wired | 'networkNames' | 'redisUrl' | 'websocketRedisUrl' | 'admin' | 'sessionKey'> & {
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

/** Where a server has its data: one of the two. */
interface StorageOutput {
  /** Name of the volume. */
  volume?: string;
  /** Folder of the Docker host. */
  folder?: string;
}

/** The web UI of a deployment. */
export interface WebUIOutput extends Instances, StorageOutput {
  /** Where the host reaches the page; absent where no port of the host is published. */
  publishedAt?: string | undefined;
  /** Server processes that subscribe to Valkey. */
  processes: number;
}

/** The Valkey of a deployment. */
export interface ValkeyOutput extends Instances, StorageOutput {
  /** Address in its network. */
  url: string;
  /** Password of the user `operator`; empty where Valkey asks for none. */
  operatorPassword: string;
}

const storageOutput = (volume: pulumi.Output<string> | undefined, folder: string | undefined) => ({
  ...(volume !== undefined && { volume }),
  ...(folder !== undefined && { folder }),
});

/**
 * A whole chat: network, secrets, Valkey and Open WebUI, wired to each other.
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
    const networked: Networked = {
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
    const own = new Map([
      [networkName, network],
      ...(hardening === 'strict' ? [[internalName, valkeyNetwork] as const] : []),
    ]);
    const attachments = (server: 'valkey' | 'webui') =>
      joinedBy(server, networked).map(({ network: joined, ...place }) => ({
        name: own.get(joined) ?? joined,
        ...place,
      }));
    const [onValkeys = { name: valkeyNetwork }, ...valkeyNetworks] = attachments('valkey');
    const secrets = new Secrets(`${name}-secrets`, args.secrets, child('secrets'));
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
        // Where no proxy has an address of its own, it takes its address from each request: it may have several.
        url: asked === direct ? undefined : asked,
      },
      child('webui'),
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
      },
      valkey: {
        container: valkey.instances.container,
        ...storageOutput(valkey.volumeName, valkeyArgs.folder),
        url: valkey.redisUrl,
        operatorPassword: auth ? secrets.operatorPassword : '',
      },
    };
    this.registerOutputs({});
  }
}
