/** What no single setting can tell: combinations that are known to break at run time. */

import { EXACT, looseness } from '../core/images.ts';
import { deploysPostgres } from '../core/postgres.ts';
import { isProduction } from '../core/stacks.ts';
import { toMebibytes } from '../core/units.ts';
import { environmentRules } from './environment.ts';
import { distinct, type Rule } from './rule.ts';
import { bucketRules } from './rules/bucket.ts';
import { command, hosts, labels, log } from './rules/container.ts';
import { databaseRules } from './rules/database.ts';
import { gatewayRules } from './rules/gateway.ts';
import { highAvailabilityRules } from './rules/highAvailability.ts';
import { hostRules } from './rules/host.ts';
import { mountRules } from './rules/mounts.ts';
import { networkRules } from './rules/networks.ts';
import { registryRules } from './rules/registries.ts';
import { oldestRelease } from './rules/releases.ts';
import { sessionKey } from './rules/sessionKey.ts';
import { storageRules } from './rules/storage.ts';
import { swarmRules } from './rules/swarm.ts';
import { valkeyImage } from './rules/valkeyImage.ts';
import type { Checked } from './schema.ts';

const names: Rule = ({ valkey, webui }) =>
  distinct('name', ['valkey', 'name'], ['webui', 'name'], valkey.name === webui.name);

const volumes: Rule = ({ valkey, webui }) =>
  distinct(
    'volume',
    ['valkey', 'volume'],
    ['webui', 'volume'],
    (valkey.folder ?? webui.folder) === undefined && valkey.volume === webui.volume,
  );

const ports: Rule = ({ valkey, webui }) =>
  distinct(
    'port',
    ['valkey', 'publish', 'port'],
    ['webui', 'publish', 'port'],
    valkey.publish !== undefined && webui.publish !== 'none' && valkey.publish.port === webui.publish.port,
  );

const hardening: Rule = ({ hardening, valkey }, { isSecret }) =>
  hardening === 'strict' && valkey.publish !== undefined
    ? [
        {
          path: ['valkey', 'publish'],
          reason: 'hardening: strict puts Valkey on a network without a route out, where nothing can be published',
          allowed: 'absent, or hardening: standard',
          fix: `remove it; docker exec -it ${isSecret('valkey') ? 'NAME' : valkey.name} valkey-cli still reaches Valkey`,
        },
      ]
    : [];

/** A rule of its own for each: one that cannot be seen says nothing of the others. */
const exactImages =
  (imagesOf: (settings: Checked) => Record<string, { image: string }>): Rule =>
  (settings, { stack, isSecret }) =>
    isProduction(stack)
      ? Object.entries(imagesOf(settings)).flatMap(([section, { image }]) => {
          const reason = looseness(image, { production: true });
          if (reason === undefined) return [];
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

const signup: Rule = ({ webui }) =>
  webui.signup === 'open' && webui.configuration === 'page'
    ? [
        {
          path: ['webui', 'signup'],
          reason:
            'Open WebUI closes sign-up when it creates the first administrator, and from then on the admin panel controls it',
          allowed: 'closed, or open together with webui.configuration: file',
          fix: 'open it in the admin panel (Admin Panel, Settings, General), or set webui.configuration to file',
        },
      ]
    : [];

const secondFactor: Rule = ({ webui }) =>
  webui.configuration === 'file' && webui.env['ENABLE_MFA']?.toLowerCase() === 'true'
    ? [
        {
          path: ['webui', 'env', 'ENABLE_MFA'],
          reason: 'Open WebUI exits at startup when two-factor sign-in is on and webui.configuration is file',
          allowed: 'false, or true together with webui.configuration: page',
          fix: 'remove it, or set webui.configuration to page',
        },
      ]
    : [];

/** What Valkey may have on its way to subscribers before it cuts them off; see the server's limits. */
export const BUFFER_MIB = 128;

const valkeyMemory: Rule = ({ valkey: { maxMemory, memory } }, { isSecret }) => {
  const least = toMebibytes(maxMemory) + BUFFER_MIB;
  if (toMebibytes(memory) >= least) return [];
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

export const rules: readonly Rule[] = [
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
  exactImages(({ gateway }): Record<string, { image: string }> => (gateway.domain ? { gateway } : {})),
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
