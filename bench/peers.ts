/** The tools that are compared. */

import { READY } from '../components/openWebUI/index.ts';
import { STOP_GRACE, webuiDefaults } from '../core/defaults.ts';
import { checkCommand, checkTimeout } from '../platform/healthcheck.ts';
import { CHECKS, type Peer } from './peers/common.ts';
import { compose } from './peers/compose.ts';
import { floor } from './peers/floor.ts';
import { pulumi } from './peers/pulumi.ts';
import { terraform } from './peers/terraform.ts';
import type { Tools } from './tools.ts';

/** The check that this project's web UI has, with the time that the engine must give it. */
const ourCheck = () => {
  const { healthcheck } = webuiDefaults;
  return {
    ...CHECKS.webui,
    timeout: checkTimeout(READY, healthcheck, STOP_GRACE),
    test: ['CMD', ...checkCommand(READY, healthcheck, STOP_GRACE)],
  };
};

/** @param parts files and folders of which this project and its command line consist. */
export const peers = (root: string, parts: readonly string[], tools: Tools): readonly Peer[] => [
  floor,
  compose(tools.compose, {
    name: 'docker compose',
    what: 'up --wait, both services started at once, and checks as a Compose file has them: every 5 seconds for the web UI',
    check: CHECKS.webui,
  }),
  {
    ...compose(tools.compose, {
      name: 'compose, our check',
      what: "the same with this project's check of the web UI, which asks twice a second while it starts",
      check: ourCheck(),
    }),
    // As without it.
    noop: undefined,
  },
  terraform(tools.provider),
  pulumi(root, parts),
];
