import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { CHECKS, type Check, COMMAND, type Deployment, environment, names, type Peer, run } from './common.ts';

const composeCheck = ({ startPeriod, interval, timeout, retries, shell }: Check) => ({
  test: ['CMD-SHELL', shell.replaceAll('$', '$$$$')],
  start_period: startPeriod,
  interval,
  timeout,
  retries,
});

/** `docker-compose` is the plugin's own program, wherever it is. */
export const compose = (program: string, { name, what, check }: { name: string; what: string; check: Check }): Peer => {
  const call = (deployment: Deployment) =>
    run(deployment.dir, program, ['--project-name', deployment.name, 'up', '--detach', '--wait', '--quiet-pull']);
  return {
    name,
    about: `Docker Compose ${execFileSync(program, ['version', '--short'], { encoding: 'utf8' }).trim()}, ${what}`,
    async prepare(deployment) {
      const { network, valkey, webui, valkeyData, webuiData } = names(deployment);
      const file = {
        services: {
          redis: {
            image: deployment.images.valkey,
            container_name: valkey,
            command: COMMAND.join(' '),
            volumes: [`${valkeyData}:/data`],
            healthcheck: composeCheck(CHECKS.valkey),
            networks: ['net'],
          },
          webui: {
            image: deployment.images.webui,
            container_name: webui,
            environment: environment(),
            ports: [`127.0.0.1:${deployment.port}:8080`],
            volumes: [`${webuiData}:/app/backend/data`],
            healthcheck: composeCheck(check),
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
