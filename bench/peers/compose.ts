import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { VALKEY_DATA } from '../../core/valkey.ts';
import { WEBUI_DATA, WEBUI_PORT } from '../../core/webui.ts';
import { ALIAS, type Check, COMMAND, type Deployment, environment, names, type Peer, run } from './common.ts';

const composeCheck = ({ startPeriod, interval, timeout, retries, test }: Check) => ({
  test: test.map((word) => word.replaceAll('$', '$$$$')),
  start_period: startPeriod,
  interval,
  timeout,
  retries,
});

/** Docker Compose 2. */
export interface Compose {
  /** The plugin's own program, wherever it is. */
  program: string;
  version: string;
}

interface Variant {
  name: string;
  what: string;
  /** Checks of the two servers; undefined for none. */
  checks: Readonly<Record<'valkey' | 'webui', Check>> | undefined;
}

export const compose = ({ program, version }: Compose, { name, what, checks }: Variant): Peer => {
  const healthcheck = (server: 'valkey' | 'webui') => (checks ? composeCheck(checks[server]) : { disable: true });
  // Without checks there is nothing to wait for.
  const wait = checks ? ['--wait'] : [];
  const call = (deployment: Deployment) =>
    run(deployment, program, ['--project-name', deployment.name, 'up', '--detach', ...wait, '--quiet-pull']);
  return {
    name,
    about: `Docker Compose ${version}, ${what}`,
    async prepare(deployment) {
      const { network, valkey, webui, valkeyData, webuiData } = names(deployment);
      const file = {
        services: {
          [ALIAS]: {
            image: deployment.images.valkey,
            container_name: valkey,
            command: COMMAND.join(' '),
            volumes: [`${valkeyData}:${VALKEY_DATA}`],
            healthcheck: healthcheck('valkey'),
            networks: ['net'],
          },
          webui: {
            image: deployment.images.webui,
            container_name: webui,
            environment: environment(),
            ports: [`127.0.0.1:${deployment.port}:${WEBUI_PORT}`],
            volumes: [`${webuiData}:${WEBUI_DATA}`],
            healthcheck: healthcheck('webui'),
            networks: ['net'],
          },
        },
        volumes: { [valkeyData]: { name: valkeyData }, [webuiData]: { name: webuiData } },
        networks: { net: { name: network, ...(deployment.external && { external: true }) } },
      };
      writeFileSync(join(deployment.dir, 'compose.yaml'), stringify(file));
    },
    up: call,
    noop: call,
  };
};
