/** The tools that are compared. */

import { READY } from '../components/openWebUI/index.ts';
import { STOP_GRACE, webuiDefaults } from '../core/defaults.ts';
import { checkCommand, checkTimeout, engineInterval } from '../platform/healthcheck.ts';
import { CHECKS, type Peer } from './peers/common.ts';
import { type Compose, compose } from './peers/compose.ts';
import { floor } from './peers/floor.ts';
import { pulumi } from './peers/pulumi.ts';
import { terraform } from './peers/terraform.ts';
import type { Tools } from './tools.ts';

/** The check that this project's web UI has, with the timing that the engine gets. */
const ourCheck = () => {
  const { healthcheck } = webuiDefaults;
  return {
    ...CHECKS.webui,
    interval: engineInterval(healthcheck),
    timeout: checkTimeout(READY, healthcheck, STOP_GRACE),
    test: ['CMD', ...checkCommand(READY, healthcheck, STOP_GRACE)],
  };
};

const common = (program: Compose) =>
  compose(program, {
    name: 'docker compose',
    what: "up --wait, with both services started at once and common health checks: Valkey's every second, the web UI's every 5 seconds",
    checks: CHECKS,
  });

/**
 * Those that bring a deployment up.
 *
 * @param parts files and folders of which this project and its command line consist.
 */
export const peers = (root: string, parts: readonly string[], tools: Tools): readonly Peer[] => [
  floor,
  common(tools.compose),
  {
    ...compose(tools.compose, {
      name: 'compose, our check',
      what: "the same with this project's check of the web UI, which asks twice a second during the start",
      checks: { ...CHECKS, webui: ourCheck() },
    }),
    // As without it.
    noop: undefined,
  },
  terraform(tools.provider),
  pulumi(root, parts),
];

/** Those whose deployments differ at rest; the first one is what all have in common. */
export const resting = (root: string, parts: readonly string[], program: Compose): readonly Peer[] => [
  compose(program, { name: 'compose, no checks', what: 'without health checks', checks: undefined }),
  common(program),
  pulumi(root, parts),
];
