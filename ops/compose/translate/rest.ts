/** What a service says beyond what has a setting: nothing to lose, a small loss, or something that would not work any more. */

import type { Service } from '../source.ts';
import type { Draft } from './draft.ts';

/** The deployment does the same in its own way, or it means nothing for a container that Pulumi creates. */
const NEEDLESS = new Set([
  ...['restart', 'expose', 'links', 'pull_policy', 'tty', 'stdin_open', 'init', 'stop_grace_period', 'stop_signal'],
  ...[
    'cap_add',
    'cap_drop',
    'read_only',
    'tmpfs',
    'platform',
    'build',
    'attach',
    'annotations',
    'scale',
    'secrets',
    'configs',
  ],
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
  cgroup_parent: 'a control group of its own',
  'deploy.placement': 'placement on the nodes of a swarm; a stack is on one engine',
  'deploy.labels': 'labels of a swarm service; containers have labels',
};

const isOff = (value: unknown) => value === false || value === 'false' || (Array.isArray(value) && value.length === 0);

/** One of several web UIs, which a stack cannot have. */
const replicasOf = ({ rest }: Service) => Number(rest['scale'] ?? rest['deploy.replicas'] ?? 1);

/** Says what is not carried over. */
export function rest(draft: Draft, service: Service): void {
  const { name } = service;
  const replicas = replicasOf(service);
  if (replicas > 1) draft.say('cannot', `${name}: ${replicas} replicas; a stack has one web UI`);
  if (service.rest['deploy.mode'] === 'global')
    draft.say('cannot', `${name}: deploy.mode global; a stack has one web UI`);
  for (const [key, value] of Object.entries(service.rest)) {
    const why = NEEDED[key];
    if (NEEDLESS.has(key) || isOff(value)) continue;
    if (why !== undefined) draft.say('cannot', `${name}: ${key}: ${why}`);
    else draft.say('differs', `${name}: ${key}, for which there is no setting`);
  }
}
