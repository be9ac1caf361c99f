/** A server like a deployed Valkey, with its image, rights, health check and first process, and with options of a test. */

import type { Deployment } from './deployment.ts';
import { docker, inspect, labelOf } from './docker.ts';

const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;

/** Starts one; returns its name. It goes with the deployment. */
export async function twinOf(life: Deployment, topic: string, options: readonly string[]): Promise<string> {
  const name = `${topic}-${life.stack}`;
  const { Config, HostConfig } = await inspect('container', life.valkey);
  const { Test, Interval, Timeout, StartPeriod, Retries } = Config.Healthcheck;
  // The docker command takes a check as a line for the shell alone.
  const [, ...check] = Test as string[];
  await docker(
    ...['run', '--detach', '--init', '--name', name, '--label', labelOf(life.stack)],
    ...['--restart', HostConfig.RestartPolicy.Name, '--cap-drop', 'ALL'],
    ...HostConfig.CapAdd.flatMap((capability: string) => ['--cap-add', capability]),
    ...HostConfig.SecurityOpt.flatMap((option: string) => ['--security-opt', option]),
    ...[
      '--health-cmd',
      check.map(quoted).join(' '),
      '--health-interval',
      `${Interval}ns`,
      '--health-timeout',
      `${Timeout}ns`,
    ],
    ...['--health-start-period', `${StartPeriod}ns`, '--health-retries', String(Retries)],
    ...[Config.Image, 'valkey-server', '--save', '', ...options],
  );
  return name;
}
