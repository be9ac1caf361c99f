/** The section of docs/performance.md on a deployment at rest. */

import { valkeyDefaults, webuiDefaults } from '../core/defaults.ts';
import { type Resting, total } from './rest.ts';

export const HEAD = '## At rest';

/** The section, without what follows it. */
export function restSection({ minutes, engine, tools }: Resting): string {
  const compose = tools['docker compose'];
  const rows = Object.entries(tools).map(([name, figures]) => {
    const parts = [figures.engine, figures.checks, figures.servers, total(figures)].map((value) => value.toFixed(1));
    const share = `${(total(figures) / 6).toFixed(1)} %`;
    const against = compose ? `${(total(figures) / total(compose)).toFixed(2)} ×` : '';
    return `| ${[name, ...parts, share, against].join(' | ')} |`;
  });
  return [
    HEAD,
    '',
    `Processor seconds in ten minutes with the page unused, with Docker ${engine}, measured over ${minutes} minutes by`,
    '`npm run bench -- --rest`:',
    '',
    '| | engine | checks | servers | all | of one processor | to docker compose |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
    '',
    '*Engine* is dockerd and containerd, *checks* is everything that runs in and around the containers besides the two servers. Each check starts',
    'several programs: the shim, runc, a shell and the client. What costs processor time is therefore how often the checks run, not what they ask.',
    "The Compose file checks Valkey every second, as Open WebUI's documentation does, and the web UI every 5 seconds. This project checks a Valkey",
    `that is well every ${valkeyDefaults.healthcheck.interval} and a web UI every ${webuiDefaults.healthcheck.interval} by default (\`valkey.healthcheck.interval\`, \`webui.healthcheck.interval\`). While a server starts`,
    'or is unwell, the check runs five times as often, so a longer interval delays neither a deployment nor the news that a server has recovered.',
    '',
  ].join('\n');
}
