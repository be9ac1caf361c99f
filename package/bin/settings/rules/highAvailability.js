import { balancerNameOf } from '../../core/names.js';
import { isSwarm } from '../../core/platform.js';
import { serverNames } from '../../core/valkey.js';
const needed = (key, reason, allowed, fix) => ({
    path: ['valkey', key],
    reason: `valkey.highAvailability is true, and ${reason}`,
    allowed: `${allowed} with valkey.highAvailability`,
    fix,
});
const setting = (settings) => {
    const { valkey } = settings;
    if (!valkey.highAvailability)
        return [];
    const problems = [
        [!valkey.auth, needed('auth', 'replicas and Sentinels sign in with passwords', 'true', 'remove it, or write true')],
        [
            valkey.persistence !== 'aof',
            needed('persistence', 'after a loss of all three, the one with the most recent data goes on, which takes an append-only file', 'aof', 'remove it, or write aof'),
        ],
        [
            valkey.folder !== undefined,
            needed('folder', 'each Valkey needs a volume of its own', 'absent', 'remove it; a backup and a restore take the data along'),
        ],
        [
            valkey.publish !== undefined,
            needed('publish', 'another Valkey may be the primary at any time', 'absent', 'remove it; docker exec reaches valkey-cli in each container'),
        ],
        [
            Object.keys(valkey.networks).length > 0,
            needed('networks', 'Valkeys know each other by their one address', '{}', 'remove it'),
        ],
        [valkey.hostname !== undefined, needed('hostname', 'three containers cannot have one name', 'absent', 'remove it')],
    ];
    return problems.flatMap(([wrong, problem]) => (wrong ? [problem] : []));
};
const nodes = (settings) => {
    const { highAvailability, nodes: named } = settings.valkey;
    if (named === undefined || (highAvailability && isSwarm(settings)))
        return [];
    return [
        {
            path: ['valkey', 'nodes'],
            reason: highAvailability
                ? 'platform is docker, which runs all three Valkeys on one host'
                : 'a single Valkey runs on the node with its data',
            allowed: 'absent, or platform: swarm with valkey.highAvailability: true',
            fix: 'remove it',
        },
    ];
};
const names = ({ database, gateway, valkey, webui }) => {
    if (!valkey.highAvailability)
        return [];
    const derived = [...serverNames(valkey.name).slice(1), balancerNameOf(valkey.name)];
    return Object.entries({ database, gateway, webui }).flatMap(([section, { name }]) => derived.includes(name)
        ? [
            {
                path: [section, 'name'],
                reason: `with valkey.highAvailability, ${name} is a server of Valkey`,
                allowed: `a name other than ${derived.join(', ')}`,
                fix: 'choose another one',
            },
        ]
        : []);
};
export const highAvailabilityRules = [setting, nodes, names];
