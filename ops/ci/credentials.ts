/**
 * Refuses to go on where a deployment would succeed and be lost: with a state or an engine that ends with the run.
 *
 *   node ops/ci/credentials.ts
 */

type Env = Record<string, string | undefined>;

/** What is missing, each as a sentence that says what to do. */
export function missing(env: Env): string[] {
  const state = env['PULUMI_ACCESS_TOKEN'] || env['PULUMI_BACKEND_URL'];
  const cloud = env['PULUMI_ACCESS_TOKEN'] && !env['PULUMI_BACKEND_URL'];
  const ends = env['RUNNER_ENVIRONMENT'] === 'github-hosted';
  return [
    ...(state ? [] : ['There is no state: set the secret PULUMI_ACCESS_TOKEN or PULUMI_BACKEND_URL.']),
    ...(!state || cloud || env['PULUMI_CONFIG_PASSPHRASE']
      ? []
      : ['The state cannot be opened: set the secret PULUMI_CONFIG_PASSPHRASE.']),
    ...(ends && !env['DOCKER_HOST']
      ? [
          "The engine would be the runner's own: set the secret DOCKER_HOST, or the variable DEPLOY_RUNNER to a runner of yours.",
        ]
      : []),
  ];
}

if (process.argv[1]?.endsWith('credentials.ts')) {
  for (const text of missing(process.env)) {
    console.log(`::error::${text} See docs/ci.md`);
    process.exitCode = 1;
  }
}
