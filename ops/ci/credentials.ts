/**
 * Refuses to go on where a deployment would succeed and be lost: with a state or an engine that ends with the run.
 *
 *   STACK=prod node ops/ci/credentials.ts
 */

import { projectName, readStackFile } from '../../settings/file.ts';

type Env = Record<string, string | undefined>;

/** What is missing, each as a sentence that says what to do; `ownHost` says whether the stack's file names its Docker host. */
export function missing(env: Env, ownHost: boolean): string[] {
  const state = env['PULUMI_ACCESS_TOKEN'] || env['PULUMI_BACKEND_URL'];
  const cloud = env['PULUMI_ACCESS_TOKEN'] && !env['PULUMI_BACKEND_URL'];
  const ends = env['RUNNER_ENVIRONMENT'] === 'github-hosted';
  return [
    ...(state ? [] : ['There is no state: set the secret PULUMI_ACCESS_TOKEN or PULUMI_BACKEND_URL.']),
    ...(!state || cloud || env['PULUMI_CONFIG_PASSPHRASE']
      ? []
      : ['The state cannot be opened: set the secret PULUMI_CONFIG_PASSPHRASE.']),
    ...(ends && !env['DOCKER_HOST'] && !ownHost
      ? [
          "The engine would be the runner's own: set host in the stack's file, the secret DOCKER_HOST, or the variable DEPLOY_RUNNER to a runner of yours.",
        ]
      : []),
  ];
}

if (process.argv[1]?.endsWith('credentials.ts')) {
  const stack = process.env['STACK'] ?? '';
  const { address, context } = readStackFile(`Pulumi.${stack}.yaml`, projectName(), stack).host;
  for (const text of missing(process.env, (address ?? context) !== undefined)) {
    console.log(`::error::${text} See docs/ci.md`);
    process.exitCode = 1;
  }
}
