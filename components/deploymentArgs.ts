/** Arguments of a deployment. */

import * as pulumi from '@pulumi/pulumi';
import type { Places } from '../core/attachments.ts';
import type { Bucket } from '../core/bucket.ts';
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

/** Arguments of {@link Deployment}. Omitted names derive from its name and the stack's. */
export interface DeploymentArgs {
  /**
   * The engine that runs the servers.
   *
   * @default dockerPlatform()
   */
  platform?: Platform | undefined;
  /**
   * Isolation of the servers, see {@link ServerArgs}. `strict` also puts Valkey on a separate network with the web UI, with no route out.
   *
   * @default 'standard'
   */
  hardening?: Hardening | undefined;
  /** The engine as configured; affects only the address in the outputs. */
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
        /** Whether the nodes of a Swarm encrypt the traffic between servers; see {@link NetworkArgs}. */
        encrypted?: boolean | undefined;
        transform?: NetworkArgs['transform'];
      }
    | undefined;
  /** How secrets are generated. */
  secrets?: Pick<SecretsArgs, 'transform'> | undefined;
  /**
   * The database of the web UI. With `url`, which should be a secret, it is your own Postgres, and none is deployed; with `processes` of
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
  /**
   * Where the web UI keeps uploaded files: its volume, or with `kind: 's3'` an existing `bucket`. `secretKey` should be a secret. Without keys it
   * uses its machine's AWS role.
   *
   * @default { kind: 'local' }
   * @example { kind: 's3', bucket: 'example-chat', endpoint: 'https://s3.example.com', accessKey, secretKey }
   */
  storage?: (Partial<Bucket<pulumi.Input<string> | undefined>> & { kind?: 'local' | 's3' | undefined }) | undefined;
  /** Valkey; `auth: false` runs it without passwords, as in the tutorial. */
  valkey?:
    | (Omit<ValkeyArgs, Wired | 'networkName' | 'networks' | 'passwords'> & {
        /** Additional existing networks, and its names and addresses on its own; none with `hardening: 'strict'`. */
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
        | Wired
        | 'networkNames'
        | 'redisUrl'
        | 'websocketRedisUrl'
        | 'proxy'
        | 'admin'
        | 'sessionKey'
        | 'database'
        | 'bucket'
      > & {
        /** Additional existing networks, and its names and addresses on its own. */
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
   * The gateway; exists only with a `domain`. The web UI itself is then not published, unless `webui.publish` says so.
   *
   * @example { domain: ['chat.example.com'], acme: { email: 'you@example.com' } }
   */
  gateway?:
    | (Omit<GatewayArgs, Wired | 'networkName' | 'upstream' | 'url' | 'domain'> & {
        domain?: readonly string[] | undefined;
        name?: string | undefined;
        volume?: string | undefined;
      })
    | undefined;
}

/** @throws RangeError without the name of a bucket. */
export function bucketOf(
  { kind = 'local', bucket, prefix = '', secretKey, ...rest }: NonNullable<DeploymentArgs['storage']> = {},
  standard: string,
): Bucket<pulumi.Input<string>> | undefined {
  if (kind === 'local') return undefined;
  if (bucket === undefined) throw new RangeError('storage of kind s3 needs the name of a bucket');
  return {
    ...{ ...rest, bucket, prefix: prefix || standard },
    ...(secretKey !== undefined && { secretKey: pulumi.secret(secretKey) }),
  };
}
