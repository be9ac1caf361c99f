import { EXACT, looseness } from '../core/images.js';
import { deploysPostgres } from '../core/postgres.js';
import { isProduction } from '../core/stacks.js';
import { toMebibytes } from '../core/units.js';
import { environmentRules } from './environment.js';
import { distinct } from './rule.js';
import { bucketRules } from './rules/bucket.js';
import { command, hosts, labels, log } from './rules/container.js';
import { databaseRules } from './rules/database.js';
import { gatewayRules } from './rules/gateway.js';
import { highAvailabilityRules } from './rules/highAvailability.js';
import { hostRules } from './rules/host.js';
import { mountRules } from './rules/mounts.js';
import { networkRules } from './rules/networks.js';
import { registryRules } from './rules/registries.js';
import { oldestRelease } from './rules/releases.js';
import { sessionKey } from './rules/sessionKey.js';
import { storageRules } from './rules/storage.js';
import { swarmRules } from './rules/swarm.js';
import { valkeyImage } from './rules/valkeyImage.js';
const names = ({ valkey, webui }) => distinct('name', ['valkey', 'name'], ['webui', 'name'], valkey.name === webui.name);
const volumes = ({ valkey, webui }) => distinct('volume', ['valkey', 'volume'], ['webui', 'volume'], (valkey.folder ?? webui.folder) === undefined && valkey.volume === webui.volume);
const ports = ({ valkey, webui }) => distinct('port', ['valkey', 'publish', 'port'], ['webui', 'publish', 'port'], valkey.publish !== undefined && webui.publish !== 'none' && valkey.publish.port === webui.publish.port);
const hardening = ({ hardening, valkey }, { isSecret }) => hardening === 'strict' && valkey.publish !== undefined
    ? [
        {
            path: ['valkey', 'publish'],
            reason: 'hardening: strict puts Valkey on a network without a route out, where nothing can be published',
            allowed: 'absent, or hardening: standard',
            fix: `remove it; docker exec -it ${isSecret('valkey') ? 'NAME' : valkey.name} valkey-cli still reaches Valkey`,
        },
    ]
    : [];
const exactImages = (imagesOf) => (settings, { stack, isSecret }) => isProduction(stack)
    ? Object.entries(imagesOf(settings)).flatMap(([section, { image }]) => {
        const reason = looseness(image, { production: true });
        if (reason === undefined)
            return [];
        return [
            {
                path: [section, 'image'],
                reason: `${isSecret(section) ? 'it stands for more than one image' : reason}, and a stack whose name begins with prod runs only exact versions`,
                allowed: EXACT,
                fix: 'write the release that you tested in another stack',
            },
        ];
    })
    : [];
const signup = ({ webui }) => webui.signup === 'open' && webui.configuration === 'page'
    ? [
        {
            path: ['webui', 'signup'],
            reason: 'Open WebUI closes sign-up when it creates the first administrator, and from then on the admin panel controls it',
            allowed: 'closed, or open together with webui.configuration: file',
            fix: 'open it in the admin panel (Admin Panel, Settings, General), or set webui.configuration to file',
        },
    ]
    : [];
const secondFactor = ({ webui }) => webui.configuration === 'file' && webui.env['ENABLE_MFA']?.toLowerCase() === 'true'
    ? [
        {
            path: ['webui', 'env', 'ENABLE_MFA'],
            reason: 'Open WebUI exits at startup when two-factor sign-in is on and webui.configuration is file',
            allowed: 'false, or true together with webui.configuration: page',
            fix: 'remove it, or set webui.configuration to page',
        },
    ]
    : [];
export const BUFFER_MIB = 128;
const valkeyMemory = ({ valkey: { maxMemory, memory } }, { isSecret }) => {
    const least = toMebibytes(maxMemory) + BUFFER_MIB;
    if (toMebibytes(memory) >= least)
        return [];
    return [
        {
            path: ['valkey', 'memory'],
            reason: `the engine would kill Valkey before it holds ${isSecret('valkey') ? 'what valkey.maxMemory allows' : `the ${maxMemory} of valkey.maxMemory`}`,
            allowed: isSecret('valkey')
                ? `at least ${BUFFER_MIB} MiB more than valkey.maxMemory`
                : `at least ${least} MiB with this valkey.maxMemory`,
            fix: 'raise it, or lower valkey.maxMemory',
        },
    ];
};
export const rules = [
    names,
    volumes,
    ...storageRules,
    ...mountRules,
    ports,
    ...networkRules,
    ...gatewayRules,
    ...hostRules,
    ...registryRules,
    ...highAvailabilityRules,
    hardening,
    valkeyImage,
    exactImages(({ valkey, webui }) => ({ valkey, webui })),
    exactImages(({ database }) => (deploysPostgres(database) ? { database } : {})),
    exactImages(({ gateway }) => (gateway.domain ? { gateway } : {})),
    oldestRelease,
    ...environmentRules,
    sessionKey,
    signup,
    secondFactor,
    valkeyMemory,
    labels,
    log,
    hosts,
    command,
    ...databaseRules,
    ...bucketRules,
    ...swarmRules,
];
