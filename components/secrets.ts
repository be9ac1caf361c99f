import * as pulumi from '@pulumi/pulumi';
import * as random from '@pulumi/random';

/**
 * The generated secrets of one deployment. They belong to the data in the volumes more than to the containers, so they stand apart from
 * both: `npm run down` keeps them, as it keeps the volumes, and the next `npm run up` opens the old data with them. In a program of
 * your own `pulumi destroy --exclude '**openwebui:index:Secrets**'` does the same.
 */
export class Secrets extends pulumi.ComponentResource {
  /** Signs sessions and encrypts stored credentials; another one signs everybody out. Secret. */
  readonly sessionKey: pulumi.Output<string>;
  /** Password of the first administrator. Secret. */
  readonly adminPassword: pulumi.Output<string>;

  /** Password of Open WebUI in Valkey. Secret. */
  readonly valkeyPassword: pulumi.Output<string>;
  /** Password of whoever runs the deployment, in Valkey. Secret. */
  readonly operatorPassword: pulumi.Output<string>;

  constructor(name: string, opts?: pulumi.ComponentResourceOptions) {
    super('openwebui:index:Secrets', name, {}, opts);
    // Letters and digits alone mean themselves in URLs, shells and files; the length makes up for it.
    const generate = (of: string, length: number) =>
      new random.RandomPassword(`${name}-${of}`, { length, special: false }, { parent: this }).result;
    this.sessionKey = generate('session-key', 48);
    this.adminPassword = generate('admin-password', 24);
    this.valkeyPassword = generate('valkey-password', 48);
    this.operatorPassword = generate('operator-password', 48);
    this.registerOutputs();
  }
}
