/** What a service says beyond what has a setting: nothing to lose, a small loss, or something that would not work any more. */

import type { Service } from '../source.ts';
import type { Draft } from './draft.ts';

/** The deployment does the same in its own way, or it means nothing for a container that Pulumi creates. */
const NEEDLESS = new Set([
  ...['restart', 'expose', 'pull_policy', 'tty', 'stdin_open', 'init', 'stop_grace_period', 'stop_signal'],
  ...['cap_add', 'cap_drop', 'read_only', 'tmpfs', 'build', 'attach', 'annotations', 'scale', 'secrets', 'configs'],
  ...['deploy.restart_policy', 'deploy.replicas', 'deploy.mode', 'deploy.update_config', 'deploy.rollback_config'],
  ...['oom_kill_disable', 'mem_swappiness', 'cpu_shares', 'develop', 'post_start', 'pre_stop'],
]);

/** Something works today that would not work afterwards. */
const NEEDED: Readonly<Record<string, string>> = {
  devices: 'a device of the host',
  privileged: 'it runs privileged, which is root on the Docker host',
  pid: 'processes of the host or of another container',
  ipc: 'shared memory of the host or of another container',
  volumes_from: 'the volumes of another container',
  cgroup_parent: 'its own control group',
  external_links: 'names for containers of other projects; join their network instead',
  models: 'variables with the addresses of models; write them under environment',
  'volumes.subpath': 'a part of a volume; a stack mounts whole ones',
};

/** Gone, without harm, but not without a word. */
const SMALL: Readonly<Record<string, string>> = {
  platform: 'the engine uses the image for its own processor',
  'healthcheck.disable': 'a stack checks the health of its servers',
  'deploy.resources.reservations':
    'one engine has no other node to choose; with platform: swarm, reservation sets them',
  'deploy.placement': 'docker compose ignores it, and a stack runs on the engine that it is deployed to',
};

/** Values that say what holds without them. */
const STANDARD: Readonly<Record<string, readonly unknown[]>> = {
  ipc: ['private', 'shareable'],
  cgroup: ['private'],
};

const isOff = (value: unknown) => value === false || value === 'false' || (Array.isArray(value) && value.length === 0);

/** One of several web UIs, which a stack cannot have. */
const replicasOf = ({ rest }: Service) => Number(rest['scale'] ?? rest['deploy.replicas'] ?? 1);

/** Labels of a swarm's service that the container does not have as well. */
function serviceLabels(draft: Draft, { name, labels, rest }: Service): void {
  const given = Object.entries((rest['deploy.labels'] ?? {}) as Record<string, unknown>);
  const lost = given.filter(([label, value]) => labels[label] !== String(value ?? '')).map(([label]) => label);
  if (lost.length > 0)
    draft.say(
      'cannot',
      `${name}: deploy.labels: ${lost.join(', ')}: a swarm service has them, and a container does not; write under labels what a proxy has to read`,
    );
}

/** Other names than their own for services that it reaches. */
function links(draft: Draft, { name, rest }: Service): void {
  for (const link of (rest['links'] ?? []) as unknown[]) {
    const [service, alias = service] = String(link).split(':');
    if (alias !== service)
      draft.say(
        'cannot',
        `${name}: links: the name ${alias} for ${service}; give ${service} that alias on their network`,
      );
  }
}

/** What has a judgment of its own. */
const JUDGED = new Set(['deploy.labels', 'links']);

/** Says what is not carried over. */
export function rest(draft: Draft, service: Service): void {
  const { name } = service;
  const replicas = replicasOf(service);
  if (replicas > 1) draft.say('cannot', `${name}: ${replicas} replicas; a stack has one web UI`);
  if (service.rest['deploy.mode'] === 'global')
    draft.say('cannot', `${name}: deploy.mode global; a stack has one web UI`);
  serviceLabels(draft, service);
  links(draft, service);
  for (const [key, value] of Object.entries(service.rest)) {
    const why = NEEDED[key];
    if (NEEDLESS.has(key) || JUDGED.has(key) || isOff(value) || STANDARD[key]?.includes(value)) continue;
    if (why !== undefined) draft.say('cannot', `${name}: ${key}: ${why}`);
    else draft.say('differs', `${name}: ${key}${SMALL[key] ? `: ${SMALL[key]}` : ', for which there is no setting'}`);
  }
}
