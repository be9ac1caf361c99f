import { readFileSync } from 'node:fs';
import * as pulumi from '@pulumi/pulumi';
import { completed, postgresDefaults, STOP_GRACE } from '../../core/defaults.js';
import { POSTGRES_DATA, POSTGRES_DUMP, POSTGRES_PORT, POSTGRES_RUN, POSTGRES_SECRETS, POSTGRES_USER, postgresUrl, sizingOf, WEBUI_DATABASE, } from '../../core/postgres.js';
import { COMPONENTS } from '../../core/resourceTypes.js';
import { RESTORE_AREA } from '../../core/restore.js';
import { serve } from '../server.js';
import { scramVerifier } from './scram.js';
const START = readFileSync(new URL('./start.sh', import.meta.url), 'utf8');
const STATEMENTS = readFileSync(new URL('./statements.sql', import.meta.url), 'utf8');
const ANSWER = {
    kind: 'exec',
    command: [
        ...['/bin/sh', '-c'],
        `[ -e ${POSTGRES_RUN}/prepared ] || { echo the database is being prepared; exit; }
exec psql --no-psqlrc --quiet --tuples-only --no-align --host ${POSTGRES_RUN} --username postgres --dbname ${WEBUI_DATABASE} --command "select 'well'"`,
    ],
    well: 'well',
    hung: 'hung',
};
const TMPFS = 'rw,nosuid,nodev,noexec,size=16m,mode=1777';
const optionsOf = ({ maxConnections, sharedBuffers, effectiveCacheSize, maintenanceWorkMem }) => Object.entries({
    listen_addresses: '*',
    port: POSTGRES_PORT,
    max_connections: maxConnections,
    shared_buffers: `${sharedBuffers}MB`,
    effective_cache_size: `${effectiveCacheSize}MB`,
    maintenance_work_mem: `${maintenanceWorkMem}MB`,
    autovacuum_work_mem: '32MB',
    password_encryption: 'scram-sha-256',
    dynamic_shared_memory_type: 'sysv',
    tcp_keepalives_idle: '60s',
    idle_in_transaction_session_timeout: '10min',
    logging_collector: 'off',
    log_destination: 'stderr',
}).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
export class Postgres extends pulumi.ComponentResource {
    instances;
    volumeName;
    url;
    maxConnections;
    constructor(name, given, opts) {
        const args = completed(given, postgresDefaults);
        super(COMPONENTS.postgres, name, {}, opts);
        const { passwords, pidsLimit } = args;
        const sizing = sizingOf(args);
        const secrets = pulumi.all([passwords.application, passwords.operations]).apply(([application, operations]) => Object.entries({ application, operations })
            .map(([role, password]) => `\\set ${role} '${scramVerifier(password)}'\n`)
            .join(''));
        const server = serve(this, name, { ...args, hardening: 'strict' }, {
            data: { path: POSTGRES_DATA, ownedFolder: '' },
            networks: [{ name: args.networkName }],
            port: POSTGRES_PORT,
            user: POSTGRES_USER,
            readOnlyRoot: { tmpfs: { [POSTGRES_RUN]: TMPFS, '/tmp': TMPFS } },
            entrypoint: ['/bin/sh', '-c', START, 'postgres'],
            command: [
                ...[POSTGRES_DATA, `${POSTGRES_DATA}/${RESTORE_AREA}`, `${POSTGRES_DATA}/${POSTGRES_DUMP}`],
                ...[POSTGRES_RUN, POSTGRES_SECRETS, STATEMENTS],
                ...optionsOf(sizing),
            ],
            secretFiles: [{ path: POSTGRES_SECRETS, content: pulumi.secret(secrets) }],
            check: ANSWER,
            extraStartTime: '1m',
            stopGrace: STOP_GRACE,
        });
        this.instances = server.instances;
        this.volumeName = server.volume;
        this.maxConnections = sizing.maxConnections;
        this.url = pulumi.secret(passwords.application.apply((password) => postgresUrl(server.host, password)));
        this.registerOutputs({ instances: this.instances, pidsLimit, volumeName: this.volumeName });
    }
}
