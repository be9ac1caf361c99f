/** What both servers have: names, limits, timing, logs, labels, mounts. */

import { LOG_DRIVER, ROTATING_DRIVERS } from '../../../core/defaults.ts';
import { reachesEngine } from '../../../core/hostPaths.ts';
import { whyReserved } from '../../../core/labels.ts';
import type { Mount, Service } from '../source.ts';
import type { Draft } from './draft.ts';
import { bytes, logSize, seconds } from './quantities.ts';

export type Section = 'webui' | 'valkey';

/** Labels that the maker of the container has set: Compose, Docker, or a stack. */
const isMakers = (label: string) => label.startsWith('com.docker.') || whyReserved(label) !== undefined;

/** Replaces containers by newer images on its own, which the next update would take for drift. */
const WATCHTOWER = /^com\.centurylinklabs\.watchtower\./;

function labels(draft: Draft, section: Section, { labels, name }: Service): void {
  const own = Object.entries(labels).filter(([label]) => !isMakers(label));
  const updating = own.filter(([label]) => WATCHTOWER.test(label));
  const kept = own.filter((one) => !updating.includes(one));
  for (const [label, value] of kept) draft.set([section, 'labels', label], value);
  if (kept.length > 0) draft.say('moves', `${name}: ${kept.length === 1 ? 'its label' : `its ${kept.length} labels`}`);
  if (updating.length > 0)
    draft.say(
      'differs',
      `${name}: Watchtower's labels; an upgrade is a change of ${section}.image, with a backup before it`,
    );
}

function limits(draft: Draft, section: Section, service: Service): void {
  const { memory, cpus, pids } = service;
  const processors = cpus === undefined ? undefined : Math.max(0.1, Math.round(cpus * 10) / 10);
  if (memory) draft.set([section, 'memory'], bytes(memory));
  if (processors !== undefined && processors > 9.9)
    draft.say(
      'differs',
      `${service.name}: the limit of ${cpus} processors: ${section}.cpus goes up to 9.9, so there is no limit`,
    );
  else if (processors) draft.set([section, 'cpus'], processors);
  if (pids !== undefined && pids > 0) draft.set([section, 'pidsLimit'], Math.max(64, pids));
}

function log(draft: Draft, section: Section, { log }: Service): void {
  if (!log) return;
  const { 'max-size': size, 'max-file': files, ...others } = log.options;
  const rotates = ROTATING_DRIVERS.includes(log.driver);
  if (log.driver !== LOG_DRIVER) draft.set([section, 'log', 'driver'], log.driver);
  if (rotates) {
    if (size !== undefined) draft.set([section, 'log', 'maxSize'], logSize(size));
    if (files !== undefined) draft.set([section, 'log', 'maxFiles'], Number(files));
  }
  for (const [name, value] of Object.entries(rotates ? others : log.options))
    draft.set([section, 'log', 'options', name], value);
}

/** Settings that are alike for both servers. */
export function server(draft: Draft, section: Section, service: Service): void {
  draft.set([section, 'name'], service.container);
  limits(draft, section, service);
  const { startPeriod, interval, timeout, retries } = service.healthcheck;
  const timing = {
    startPeriod: seconds(startPeriod, 0),
    interval: seconds(interval),
    timeout: seconds(timeout),
    retries,
  };
  for (const [key, value] of Object.entries(timing)) draft.set([section, 'healthcheck', key], value);
  log(draft, section, service);
  labels(draft, section, service);
  draft.set([section, 'hostname'], service.hostname);
  for (const [name, { soft, hard }] of Object.entries(service.ulimits))
    draft.set([section, 'ulimits', name], soft === hard ? hard : { soft, hard });
}

/** Everything that is mounted besides the data. */
export function mounts(draft: Draft, section: Section, service: Service, others: readonly Mount[]): void {
  const list = others.flatMap((one) => {
    if (one.kind === 'folder' && reachesEngine(one.folder)) {
      draft.say(
        'cannot',
        `${service.name}: ${one.folder} (at ${one.target}); with the socket of an engine the container controls the Docker host`,
      );
      return [];
    }
    if (one.kind === 'volume' && one.name === undefined) {
      draft.say('differs', `${service.name}: the anonymous volume at ${one.target}; its contents are not found again`);
      return [];
    }
    const what = one.kind === 'folder' ? { folder: one.folder } : { volume: one.name };
    return [{ ...what, target: one.target, ...(!one.readOnly && { readOnly: false }) }];
  });
  if (list.length === 0) return;
  draft.set([section, 'mounts'], list);
  draft.say('moves', `${service.name}: mounts at ${list.map(({ target }) => target).join(', ')}`);
}

/** What a server keeps its data in: a volume that is taken over, or a folder. */
export function data(draft: Draft, section: Section, service: Service, mount: Mount): void {
  if (mount.kind === 'folder') {
    draft.set([section, 'folder'], mount.folder);
    draft.say('moves', `${service.name}: its data, where it is, in the folder ${mount.folder}`);
  } else if (mount.name !== undefined) {
    draft.set([section, 'volume'], mount.name);
    draft.set([section, 'adoptVolume'], true);
    draft.say('moves', `${service.name}: its data, where it is, in the volume ${mount.name}`);
  }
}
