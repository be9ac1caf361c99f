/** Servers that the web UI would find only on a network that the stack does not join. */

import { isShared } from '../../core/attachments.ts';
import { valkeyHostOf } from '../../core/names.ts';
import type { Checked } from '../schema.ts';
import { opensHost, opensServer } from './addresses.ts';

/** Hosts without a dot in the addresses of a longer text; scheme and credentials come first. */
const IN_ADDRESS = /\b[a-z][a-z0-9+.-]*:\/\/(?:[^\s/@;,"']*@)?([a-z][\w-]*)(?=[:/?#;,"'\s]|$)/gi;
/** A value that is such a host, with or without a port. */
const IS_HOST = /^([a-z][\w-]*)(?=:\d+$|$)/i;

function hostsIn(name: string, value: string): string[] {
  if (opensHost(name)) return [IS_HOST.exec(value)?.[1] ?? []].flat();
  return opensServer(name) ? [...value.matchAll(IN_ADDRESS)].flatMap(([, host]) => host ?? []) : [];
}

/** A sentence about hosts that are names of another Compose project; none where the stack joins a network that exists. */
export function neighbourWarnings(settings: Checked): string[] {
  if (isShared(settings)) return [];
  const { hardening, valkey, webui } = settings;
  const known = ['localhost', valkey.name, valkeyHostOf(valkey, { shared: false, hardening })];
  const names = Object.entries(webui.env)
    .filter(([name, value]) => hostsIn(name, value).some((host) => !known.includes(host.toLowerCase())))
    .map(([name]) => `webui.env.${name}`);
  if (names.length === 0) return [];
  return [
    `${names.join(', ')}: single-label host names, those without a dot, resolve only on the network of the containers, and this stack creates its own. Attach those servers to it, or add the network that they are on to webui.networks.`,
  ];
}
