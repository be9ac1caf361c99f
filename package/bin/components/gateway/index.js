import * as pulumi from '@pulumi/pulumi';
import { completed, gatewayDefaults } from '../../core/defaults.js';
import { ADMIN_SOCKET, CONFIGURATION, GATEWAY_DATA, GATEWAY_FILES, GATEWAY_USER, gatewayPorts, HEALTH_PORT, HEALTHY, } from '../../core/gateway.js';
import { COMPONENTS } from '../../core/resourceTypes.js';
import { addressList, canonical } from '../../core/urls.js';
import { attachmentOf, serve } from '../server.js';
import { configurationFiles } from './configuration.js';
const SERVES = {
    kind: 'exec',
    command: ['wget', '-q', '-O', '-', `http://127.0.0.1:${HEALTH_PORT}/`],
    well: HEALTHY,
    hung: 'wget: download timed out',
};
const FILE = `${GATEWAY_FILES}/${CONFIGURATION}`;
export class Gateway extends pulumi.ComponentResource {
    instances;
    volumeName;
    constructor(name, given, opts) {
        const args = completed(given, gatewayDefaults);
        super(COMPONENTS.gateway, name, {}, opts);
        const { acme = {}, certificates, trustedProxies = [], identityHeaders = [], publish, pidsLimit } = args;
        const strict = args.hardening === 'strict';
        const files = (key) => configurationFiles({
            ...{ domain: args.domain, tls: args.tls, publish, acme, trustedProxies, headers: args.headers },
            ...{ maxRequestSize: args.maxRequestSize, waitTimeout: args.waitTimeout },
            ...{ url: args.url, upstream: args.upstream, several: args.several, identityHeaders },
            ...(certificates && { certificates: { chain: certificates.chain, key } }),
        });
        const server = serve(this, name, { ...args, publish: 'none' }, {
            data: { path: GATEWAY_DATA, ...(strict && { ownedFolder: 'caddy' }) },
            networks: [attachmentOf(args.networkName)],
            publish: addressList(publish.address).flatMap((address) => gatewayPorts({ tls: args.tls, publish }).map(({ port, inside }) => ({
                ...{ address: canonical(address), port, targetPort: inside },
            }))),
            ...(strict
                ? { user: GATEWAY_USER, readOnlyRoot: { tmpfs: {} }, capabilities: ['NET_BIND_SERVICE'] }
                :
                    { capabilities: ['DAC_OVERRIDE', 'NET_BIND_SERVICE'] }),
            entrypoint: ['caddy'],
            command: ['run', '--config', FILE],
            liveFiles: {
                folder: GATEWAY_FILES,
                files: certificates?.key ? pulumi.secret(certificates.key).apply(files) : pulumi.output(files('')),
                check: ['caddy', 'validate', '--config', FILE],
                reload: ['caddy', 'reload', '--config', FILE, '--address', ADMIN_SOCKET],
            },
            check: SERVES,
            stopGrace: '10s',
        });
        this.instances = server.instances;
        this.volumeName = server.volume ?? pulumi.output(args.volume);
        this.registerOutputs({ instances: this.instances, pidsLimit, volumeName: this.volumeName });
    }
}
