import * as pulumi from '@pulumi/pulumi';
import * as random from '@pulumi/random';
import { COMPONENTS } from '../core/resourceTypes.js';
export class Secrets extends pulumi.ComponentResource {
    sessionKey;
    adminPassword;
    valkeyPassword;
    operatorPassword;
    database;
    several;
    constructor(name, { transform, database = false, several = false } = {}, opts) {
        super(COMPONENTS.secrets, name, {}, opts);
        const generate = (what, length) => {
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
