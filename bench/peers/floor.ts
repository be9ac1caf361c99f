import { VALKEY_DATA } from '../../core/valkey.ts';
import { WEBUI_DATA, WEBUI_PORT } from '../../core/webui.ts';
import { ALIAS, CHECKS, type Check, COMMAND, environment, names, type Peer, run } from './common.ts';

const checkFlags = ({ startPeriod, interval, timeout, retries, test }: Check) => [
  ...['--health-cmd', test.at(-1) ?? '', '--health-start-period', startPeriod, '--health-interval', interval],
  ...['--health-timeout', timeout, '--health-retries', String(retries)],
];

export const floor: Peer = {
  name: 'docker run',
  about: 'the lower bound: four docker commands, then polling the health every 100 ms',
  async prepare() {},
  async up(deployment) {
    const { images, port, external } = deployment;
    const { network, valkey, webui, valkeyData, webuiData } = names(deployment);
    if (!external) await run(deployment, 'docker', ['network', 'create', network]);
    await run(deployment, 'docker', [
      ...['run', '--detach', '--name', valkey, '--network', network, '--network-alias', ALIAS],
      ...['--volume', `${valkeyData}:${VALKEY_DATA}`, ...checkFlags(CHECKS.valkey), images.valkey, ...COMMAND],
    ]);
    const env = Object.entries(environment()).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
    await run(deployment, 'docker', [
      ...['run', '--detach', '--name', webui, '--network', network, '--publish', `127.0.0.1:${port}:${WEBUI_PORT}`],
      ...['--volume', `${webuiData}:${WEBUI_DATA}`, ...env, ...checkFlags(CHECKS.webui), images.webui],
    ]);
    for (;;) {
      const health = await run(deployment, 'docker', [
        ...['inspect', '--format', '{{.State.Health.Status}}', valkey, webui],
      ]);
      if (/^healthy\s+healthy\s*$/.test(health)) return;
      if (health.includes('unhealthy')) throw new Error('a container became unhealthy');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  },
};
