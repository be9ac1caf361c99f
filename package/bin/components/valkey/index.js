import * as pulumi from '@pulumi/pulumi';
import { completed, STOP_GRACE, valkeyDefaults } from '../../core/defaults.js';
import { COMPONENTS } from '../../core/resourceTypes.js';
import { sourceOf, storageOf } from '../../core/storage.js';
import { toMebibytes, toSeconds } from '../../core/units.js';
import { VALKEY_DATA, VALKEY_PORT, VALKEY_USER, valkeyUrl } from '../../core/valkey.js';
import { attachmentOf, serve } from '../server.js';
import { aclArguments } from './acl.js';
import { entrypoint, persistenceArguments } from './persistence.js';
import { serveSeveral } from './several.js';
const LIMITS = [
    ...['--maxmemory-policy', 'noeviction'],
    ...['--maxclients', '10000'],
    ...['--timeout', '1800', '--tcp-keepalive', '15'],
    ...['--client-output-buffer-limit', 'pubsub', '128mb', '64mb', '60'],
];
const PING = {
    kind: 'exec',
    command: ['valkey-cli', '-p', String(VALKEY_PORT), 'ping'],
    well: 'PONG',
    hung: 'BUSY',
};
export class Valkey extends pulumi.ComponentResource {
    instances;
    several;
    volumeName;
    redisUrl;
    websocketRedisUrl;
    constructor(name, given, opts) {
        const args = completed(given, valkeyDefaults);
        super(COMPONENTS.valkey, name, {}, opts);
        const { passwords, alias, pidsLimit } = args;
        if (!passwords)
            pulumi.log.warn('Valkey requires no password: anything that can reach it can read and change all of it.', this);
        const acl = passwords
            ? pulumi.unsecret(pulumi
                .all([passwords.application, passwords.operator, passwords.several])
                .apply(([application, operator, several]) => aclArguments({ application, operator, several })))
            : pulumi.output([]);
        const joined = attachmentOf(args.networkName);
        const names = [...(alias === undefined ? [] : [alias]), ...(joined.aliases ?? [])];
        const product = {
            data: { path: VALKEY_DATA, ...(args.folder !== undefined && { ownedFolder: '', owner: VALKEY_USER }) },
            networks: [
                { ...joined, aliases: names.length === 1 && alias === args.name ? [] : names },
                ...(args.networks ?? []),
            ],
            port: VALKEY_PORT,
            ...(args.hardening === 'strict'
                ? { user: VALKEY_USER, readOnlyRoot: { tmpfs: {} } }
                : { capabilities: ['SETGID', 'SETUID', 'DAC_OVERRIDE', 'KILL'] }),
            entrypoint: entrypoint(args.persistence, { source: sourceOf(storageOf(args)), image: args.image }),
            command: acl.apply((users) => [
                ...['valkey-server', '--save', String(toSeconds(args.snapshot.after)), String(args.snapshot.changes)],
                ...persistenceArguments(args.persistence),
                ...['--maxmemory', `${toMebibytes(args.maxMemory)}mb`, ...LIMITS, ...users],
            ]),
            check: PING,
            extraStartTime: `${Math.ceil(toMebibytes(args.maxMemory) / 4)}s`,
            stopGrace: STOP_GRACE,
        };
        if (args.highAvailability && !passwords?.several)
            throw new RangeError('several servers of Valkey need passwords');
        const several = args.highAvailability && passwords?.several
            ? serveSeveral(this, name, args, product, { operator: passwords.operator, ...passwords.several })
            : undefined;
        const server = several ?? serve(this, name, args, product);
        this.several = several;
        this.instances = server.instances;
        this.volumeName = server.volume;
        const url = (database) => pulumi.output(passwords?.application).apply((password) => valkeyUrl(server.host, database, password));
        this.redisUrl = url(0);
        this.websocketRedisUrl = url(1);
        this.registerOutputs({ instances: this.instances, pidsLimit, volumeName: this.volumeName });
    }
}
