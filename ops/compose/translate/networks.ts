/** Which networks the web UI keeps, so that everything on them is reached, and reaches it, as before. */

import { type Found, madeUpNames, mentions, namesOn } from '../find.ts';
import type { Attachment, Source } from '../source.ts';
import { mayBeInSwarm } from '../swarm.ts';
import type { Draft } from './draft.ts';

/**
 * The network that both servers share, or the only one of a web UI without Redis. One that has several keeps them, and shares a network of its
 * own with its Valkey, where nothing else is.
 */
function primaryOf({ webui, redis }: Found): Attachment | undefined {
  const shared = webui.networks.find(({ network }) => redis?.networks.some((one) => one.network === network));
  return shared ?? (webui.networks.length === 1 ? webui.networks[0] : undefined);
}

/** Settings of the web UI on a network, besides its name there; undefined when there are none. */
function optionsOf({ aliases, ipv4, ipv6 }: Attachment, known: readonly string[]): object | undefined {
  const more = aliases.filter((alias) => !known.includes(alias));
  if (more.length === 0 && ipv4 === undefined && ipv6 === undefined) return undefined;
  return { ...(more.length > 0 && { aliases: more }), ...(ipv4 && { ipv4 }), ...(ipv6 && { ipv6 }) };
}

/** Host name of Valkey on a network that others use as well, where it has been another one than the deployment's default. */
function alias(draft: Draft, { redis, redisHost = 'localhost' }: Found): void {
  const standard = draft.get(['hardening']) === 'strict' ? 'redis' : redis?.container;
  const isName = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(redisHost) && redisHost !== 'localhost';
  if (redis && isName && redisHost !== standard) draft.set(['valkey', 'alias'], redisHost);
}

/** Labels by which a proxy finds the web UI. */
const PROXY = /^(traefik\.|caddy)/;

/** Settings of the networks. */
export function networks(draft: Draft, source: Source, found: Found): void {
  const { webui, beside } = found;
  const primary = primaryOf(found);
  const known = [webui.container ?? draft.defaults.webui.name, webui.hostname ?? ''];
  // A proxy that no file names may have joined the web UI's own network.
  const isProxied = webui.ports.length === 0 || Object.keys(webui.labels).some((label) => PROXY.test(label));
  const isEntrance = isProxied && !webui.networks.some(({ network }) => source.networks[network]?.external);
  const called = madeUpNames(source, webui).filter((name) => beside.some((one) => mentions(one, [name]).length > 0));
  for (const joined of webui.networks) {
    const attachment = { ...joined, aliases: [...joined.aliases, ...called] };
    const { network, ipv4, ipv6 } = attachment;
    // The default bridge has no names, and a stack's servers find each other by theirs.
    if (network === 'bridge') continue;
    const facts = source.networks[network];
    const isUsed =
      facts?.external || isEntrance || beside.some((one) => one.networks.some((joined) => joined.network === network));
    const isPrimary = joined === primary;
    if (isUsed) {
      const options = optionsOf(attachment, known);
      if (isPrimary) draft.set(['network'], { name: network, external: true });
      if (options || !isPrimary) draft.set(['webui', 'networks', network], options ?? {});
      draft.say('moves', `${webui.name}: on the network ${network}, as before`);
      if (mayBeInSwarm(webui) && !facts?.attachable)
        draft.say(
          'differs',
          `${webui.name}: only if docker stack deploy created the network ${network}: a container can join it only if the network has attachable: true, and an existing one has to be recreated for that`,
        );
    } else if (isPrimary && (ipv4 ?? ipv6) !== undefined) {
      // Nothing else is on it: the stack's own network takes its place.
      const subnets = facts?.subnets ?? [];
      draft.set(['network', 'subnet'], subnets.length === 1 ? subnets[0] : subnets);
      draft.set(['webui', 'networks', draft.defaults.network.name], optionsOf({ ...attachment, aliases: [] }, known));
      draft.say('moves', `${webui.name}: its fixed address`);
    }
  }
  if (draft.get(['network', 'external'])) alias(draft, found);
}

/** What stays, and how it and the web UI reach each other from now on. */
export function sidecars(draft: Draft, source: Source, { webui, redis, beside }: Found): void {
  for (const one of beside) {
    const names = namesOn(one, webui);
    if (names.length === 0) {
      draft.say('beside', `${one.name}: not on a network of ${webui.name}; nothing changes for it`);
      continue;
    }
    const used = mentions(webui, names);
    const uses = mentions(one, [...namesOn(webui, one), ...madeUpNames(source, webui)]);
    const [network] = one.networks.filter((joined) => webui.networks.some((own) => own.network === joined.network));
    draft.say(
      'beside',
      [
        `${one.name}: on the network ${network?.network}`,
        ...(used.length > 0 ? [`reached as before (${used.join(', ')})`] : []),
        ...(uses.length > 0 ? [`reaches ${webui.name} as before (${uses.join(', ')})`] : []),
      ].join('; '),
    );
    const waits = one.dependsOn.filter((name) => name === webui.name || name === redis?.name);
    if (waits.length > 0 && source.kind === 'compose')
      draft.say(
        'differs',
        `${one.name}: its depends_on ${waits.join(', ')}; take that out of the Compose file, or docker compose up starts ${waits.join(' and ')} again`,
      );
  }
}
