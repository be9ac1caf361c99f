import * as pulumi from '@pulumi/pulumi';
import { COMPONENTS } from '../core/resourceTypes.js';
export class Network extends pulumi.ComponentResource {
    networkName;
    subnets;
    constructor(name, args, opts) {
        super(COMPONENTS.network, name, {}, opts);
        const spec = {
            ...{ name: args.name, internal: args.internal ?? false },
            ...(args.subnets && { subnets: args.subnets }),
            ...(args.encrypted && { encrypted: true }),
        };
        const { name: networkName, subnets } = args.external
            ? { name: pulumi.output(args.name), subnets: pulumi.output([]) }
            : args.platform.network(name, args.transform?.network?.(spec) ?? spec, { parent: this });
        this.networkName = networkName;
        this.subnets = subnets;
        this.registerOutputs({ networkName: this.networkName });
    }
}
