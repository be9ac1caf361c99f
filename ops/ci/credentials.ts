/** What a run needs so that its deployment lasts: a state, an engine and backups that do not end with it. */

import { unlasting } from '../backup/environment.ts';

type Env = Record<string, string | undefined>;

/** What counts beside the environment. */
interface Circumstances {
  /** `backend.url` of Pulumi.yaml. */
  backend?: string | undefined;
  /** `secretsprovider` of the stack's file. */
  secrets?: string | undefined;
  /** The checkout, where the run may have to make a backup; otherwise it needs no place for one. */
  backups?: { root: string } | undefined;
}

/** What is wrong with the state; nothing when it lasts and can be opened. */
function stateProblems(env: Env, { backend: named, secrets }: Circumstances): string[] {
  const { PULUMI_ACCESS_TOKEN: token } = env;
  const backend = env['PULUMI_BACKEND_URL'] || named;
  if (!backend && !token) return ['There is no state: set the secret PULUMI_ACCESS_TOKEN or PULUMI_BACKEND_URL.'];
  // As with Pulumi: a token alone means its own service.
  const service = !backend || /^https?:/.test(backend);
  if (service && !token) return ['The state cannot be read: set the secret PULUMI_ACCESS_TOKEN.'];
  if (backend?.startsWith('file:') && env['RUNNER_ENVIRONMENT'] === 'github-hosted') {
    return [
      `The state would be lost with the run, as ${backend} is a folder of the runner: set PULUMI_BACKEND_URL to a bucket, or the variable DEPLOY_RUNNER to your own runner.`,
    ];
  }
  const byPassphrase = secrets === 'passphrase' || (!secrets && !service);
  return !byPassphrase || env['PULUMI_CONFIG_PASSPHRASE'] || env['PULUMI_CONFIG_PASSPHRASE_FILE']
    ? []
    : ['The state cannot be opened: set the secret PULUMI_CONFIG_PASSPHRASE.'];
}

/**
 * What is missing, each as a sentence that says what to do.
 *
 * @param ownHost whether the stack's file names its Docker host.
 */
export function missing(env: Env, ownHost: boolean, circumstances: Circumstances = {}): string[] {
  const { backups } = circumstances;
  const ends = env['RUNNER_ENVIRONMENT'] === 'github-hosted';
  return [
    ...stateProblems(env, circumstances),
    ...(ends && !env['DOCKER_HOST'] && !ownHost
      ? [
          "The engine would be the runner's own: set host in the stack's file, the secret DOCKER_HOST, or the variable DEPLOY_RUNNER to your own runner.",
        ]
      : []),
    ...(backups ? unlasting(env, backups.root) : []),
  ];
}
