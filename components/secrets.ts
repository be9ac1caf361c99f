import * as pulumi from '@pulumi/pulumi';
import * as random from '@pulumi/random';
import { COMPONENTS } from '../core/resourceTypes.ts';

/** Changes how a secret is generated; gets its arguments and its resource's name. */
export type SecretTransform = (args: random.RandomPasswordArgs, name: string) => random.RandomPasswordArgs;

/** Arguments of {@link Secrets}. */
export interface SecretsArgs {
  /**
   * Whether there are passwords of a database.
   *
   * @default false
   */
  database?: boolean | undefined;
  /**
   * Whether there are passwords of several Valkeys among themselves.
   *
   * @default false
   */
  several?: boolean | undefined;
  /**
   * Escape hatch for how the secrets are generated. Letters and digits only: they become parts of addresses and files.
   *
   * @example { secret: (args) => ({ ...args, length: 64 }) }
   */
  transform?: { secret?: SecretTransform } | undefined;
}

/**
 * The generated secrets of one deployment. They belong to the data in the volumes more than to the servers, so they are separate from
 * both: `npm run down` keeps them, as it keeps the volumes, and the next `npm run up` opens the old data with them. In your own program,
 * `pulumi destroy --exclude '**openwebui:index:Secrets**'` does the same.
 */
export class Secrets extends pulumi.ComponentResource {
  /** Signs sessions and encrypts stored credentials; another one signs everyone out. Secret. */
  readonly sessionKey: pulumi.Output<string>;
  /** Password of the first administrator. Secret. */
  readonly adminPassword: pulumi.Output<string>;
  /** Password of Open WebUI in Valkey. Secret. */
  readonly valkeyPassword: pulumi.Output<string>;
  /** Password of the operator in Valkey. Secret. */
  readonly operatorPassword: pulumi.Output<string>;
  /** Passwords of Open WebUI and of operations in Postgres. Secret; undefined without a database. */
  readonly database: { application: pulumi.Output<string>; operations: pulumi.Output<string> } | undefined;
  /** Passwords of several Valkeys among themselves, and of the balancer before them. Secret; undefined for one. */
  readonly several: Record<'replication' | 'failover' | 'balancer', pulumi.Output<string>> | undefined;

  constructor(
    name: string,
    { transform, database = false, several = false }: SecretsArgs = {},
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super(COMPONENTS.secrets, name, {}, opts);
    // Only letters and digits need no escaping in URLs, shells and files; the length makes up for it.
    const generate = (what: string, length: number) => {
      const args = { length, special: false };
      const secret = transform?.secret?.(args, `${name}-${what}`) ?? args;
      return new random.RandomPassword(`${name}-${what}`, secret, { parent: this }).result;
    };
    this.sessionKey = generate('session-key', 48);
    this.adminPassword = generate('admin-password', 24);
    this.valkeyPassword = generate('valkey-password', 48);
    this.operatorPassword = generate('operator-password', 48);
    this.database = database
      ? { application: generate('database-password', 48), operations: generate('database-operations', 48) }
      : undefined;
    this.several = several
      ? {
          replication: generate('valkey-replication', 48),
          failover: generate('valkey-failover', 48),
          balancer: generate('valkey-balancer', 48),
        }
      : undefined;
    this.registerOutputs({});
  }
}
