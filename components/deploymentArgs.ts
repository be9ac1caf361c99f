/** Arguments of a deployment. */

import type * as pulumi from '@pulumi/pulumi';
import type { Places } from '../core/attachments.ts';
import type { Hardening } from '../core/defaults.ts';
import type { Host } from '../core/endpoint.ts';
import type { Platform } from '../platform/platform.ts';
import type { GatewayArgs } from './gateway/index.ts';
import type { NetworkArgs } from './network.ts';
import type { OpenWebUIArgs } from './openWebUI/index.ts';
import type { PostgresArgs } from './postgres/index.ts';
import type { SecretsArgs } from './secrets.ts';
import type { ValkeyArgs } from './valkey/index.ts';

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
        /** Name of the network of the gateway and the web UI. */
        gatewayName?: string | undefined;
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
        Wired | 'networkNames' | 'redisUrl' | 'websocketRedisUrl' | 'proxy' | 'admin' | 'sessionKey' | 'database'
      > & {
        /** Further networks, which exist already, and what it is on its own one. */
        networks?: Places | undefined;
        name?: string | undefined;
        volume?: string | undefined;
        admin?: { email?: string | undefined; name?: string | undefined } | undefined;
        /** Server processes, where `env` sets more than one; for `verify`. */
        processes?: number | undefined;
        /**
         * Existing session key: users stay signed in, and data encrypted with it stays readable.
         *
         * @default generated
         */
        sessionKey?: pulumi.Input<string> | undefined;
      })
    | undefined;
  /**
   * The gateway, which there is only with a `domain`. The web UI is not published itself then, unless `webui.publish` says so.
   *
   * @example { domain: ['chat.example.com'], acme: { email: 'you@example.com' } }
   */
  gateway?:
    | (Omit<GatewayArgs, Wired | 'networkName' | 'upstream' | 'domain'> & {
        domain?: readonly string[] | undefined;
        name?: string | undefined;
        volume?: string | undefined;
      })
    | undefined;
}
