/** What a run needs so that its deployment lasts: a state, an engine and backups that do not end with it. */

import { unlasting } from '../backup/environment.ts';

type Env = Record<string, string | undefined>;

/**
 * What is missing, each as a sentence that says what to do.
 *
 * @param ownHost whether the stack's file names its Docker host.
 * @param backups the checkout, where the run may have to make a backup; otherwise it needs no place for one.
 */
export function missing(env: Env, ownHost: boolean, backups?: { root: string }): string[] {
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
    ...(backups ? unlasting(env, backups.root) : []),
  ];
}
