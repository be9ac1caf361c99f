/** From the web UI as it runs to the web UI of a stack. */

import { webuiDefaults } from '../../../core/defaults.ts';
import { looseness, parseImage } from '../../../core/images.ts';
import { isProduction } from '../../../core/stacks.ts';
import { HOST_ALIAS, HOST_GATEWAY, WEBUI_PORT, WEBUI_USER } from '../../../core/webui.ts';
import { tooOld } from '../../../settings/rules/releases.ts';
import { dataMountOf, dataPlaceOf, hasDatabaseElsewhere, hasFilesElsewhere, hasOnlyCopy } from '../data.ts';
import type { Mount, Port, Service } from '../source.ts';
import type { Draft } from './draft.ts';
import { data, mounts, server } from './server.ts';

/** Whether a service is confined as `hardening: strict` confines it. */
const isStrict = ({ user, capDrop, securityOpt }: Service) =>
  new RegExp(`^${WEBUI_USER.user}(:|$)`).test(user ?? '') &&
  capDrop.some((one) => one.toUpperCase() === 'ALL') &&
  securityOpt.some((one) => /^no-new-privileges(:true)?$/.test(one));

/** How far both servers are locked down. */
export function hardening(draft: Draft, service: Service): void {
  const asked = draft.asked(['hardening']);
  if (asked !== undefined && (asked === 'strict') !== isStrict(service)) {
    draft.say('differs', `hardening: ${asked}, as asked`);
  } else if (isStrict(service)) {
    draft.set(['hardening'], 'strict');
    draft.say(
      'moves',
      `${service.name}: user, capabilities and no-new-privileges together, as hardening: strict, which also makes the root read-only; its /tmp has 1 GiB and counts as memory`,
    );
  } else if (isProduction(draft.stack)) {
    draft.set(['hardening'], 'strict');
    draft.say('better', 'hardening: strict, as in every stack named prod');
  } else {
    draft.say(
      'better',
      `${service.name}: few capabilities and no new privileges; hardening: strict would leave no root at all`,
    );
    if (service.user !== undefined && !/^(0|root)(:|$)/.test(service.user))
      draft.say(
        'differs',
        `${service.name}: the user ${service.user}; it is root with few capabilities, or ${WEBUI_USER.user} with hardening: strict`,
      );
  }
}

/** The release of this project from the same registry, in the same variant: `0.6.5-cuda` becomes `v0.12.4-cuda`. */
function newerOf(image: string): string {
  const { repository, tag = '' } = parseImage(image);
  return `${repository}:${parseImage(webuiDefaults.image).tag}${/^v?[\d.]+(.*)$/.exec(tag)?.[1] ?? ''}`;
}

/** Whether the release is one that a stack cannot run, so that the move is an upgrade as well. */
function image(draft: Draft, service: Service): boolean {
  const { name, image, built, release, digest } = service;
  const old = tooOld(release === undefined ? image : `open-webui:${release}`);
  const asked = draft.asked(['webui', 'image']);
  if (asked !== undefined && asked !== image) {
    draft.say('differs', `${name}: ${asked}, as asked, in place of ${image}${old ? '; the data is copied first' : ''}`);
    return old !== undefined;
  }
  if (old !== undefined) {
    const newer = newerOf(image);
    draft.set(['webui', 'image'], newer);
    draft.say(
      'differs',
      `${name}: ${image} is older than ${old}, the oldest release that a stack runs: the move is an upgrade to ${newer}, and the data is copied first`,
    );
    return true;
  }
  const loose = looseness(image, { production: false });
  if (loose !== undefined && digest !== undefined) {
    draft.set(['webui', 'image'], `${image}@${digest}`);
    draft.say('better', `${name}: ${image}, as exactly the image that runs now, as ${loose}`);
    return false;
  }
  draft.set(['webui', 'image'], image);
  const more = built
    ? ', which docker compose build still builds'
    : loose
      ? `: ${loose}, so upgrade to a release afterwards`
      : '';
  draft.say('moves', `${name}: its image ${image}${more}`);
  return false;
}

/** Where the page is published. */
function publication(draft: Draft, { name, ports, env }: Service): void {
  const inside = Number(env['PORT'] || WEBUI_PORT);
  const own = ports.filter(({ target, protocol }) => target === inside && protocol === 'tcp');
  const text = ({ published, target }: Port) => `${published ?? 'a port that the engine chooses'}:${target}`;
  for (const one of ports.filter((port) => !own.includes(port)))
    draft.say('cannot', `${name}: the port ${text(one)}; the page is on ${WEBUI_PORT}, and nothing else is published`);
  const [first, ...more] = own;
  const port = draft.asked(['webui', 'publish', 'port']) ?? first?.published;
  if (!first && port !== undefined) {
    draft.say('differs', `${name}: published on port ${port}, as asked; it was not published`);
    return;
  }
  if (!first) {
    draft.set(['webui', 'publish'], 'none');
    draft.say('moves', `${name}: no port of the host; a proxy reaches it through the network`);
    return;
  }
  for (const one of more.filter(({ published }) => published !== first.published))
    draft.say('cannot', `${name}: the port ${text(one)} besides ${first.published}; the page is published on one`);
  const present = own
    .filter(({ published }) => published === first.published)
    .map(({ address }) => address ?? '0.0.0.0');
  const addresses = [...new Set([draft.asked(['webui', 'publish', 'address']) ?? present].flat())];
  const address = addresses.length > 1 ? addresses : addresses[0];
  draft.set(['webui', 'publish'], { address, port: port ?? webuiDefaults.publish.port });
  const everybody = addresses.includes('0.0.0.0') || addresses.includes('::');
  if (first.published === undefined)
    draft.say('differs', `${name}: the engine chose its port; now it is ${port ?? webuiDefaults.publish.port}`);
  else
    draft.say(
      'moves',
      `${name}: published on ${addresses.join(', ')}, port ${port}${port === first.published ? '' : ` as asked, in place of ${first.published}`}${everybody ? '; to publish for the Docker host only, write webui.publish.address: 127.0.0.1' : ''}`,
    );
}

/** The image's own start command, by any of its names. */
const OWN_START = /^((\/bin\/)?(ba)?sh )?(\/app\/backend\/|\.\/)?start\.sh$/;

/** What starts in the container, where it is not the image's own. */
function start(draft: Draft, { name, start }: Service): void {
  if (start === undefined || OWN_START.test(start.join(' '))) return;
  draft.set(['webui', 'command'], start);
  draft.say('moves', `${name}: its own start command`);
}

/** Files that Compose hands in as secrets or configurations. */
const filesOf = ({ rest }: Service) =>
  ['secrets', 'configs'].flatMap((kind) =>
    ((rest[kind] ?? []) as { source: string; target?: string; file?: string }[]).map(({ source, target, file }) => {
      const place = target ?? (kind === 'secrets' ? source : `/${source}`);
      return { name: `${kind} ${source}`, file, target: place.startsWith('/') ? place : `/run/secrets/${place}` };
    }),
  );

/** Those files as mounts. */
const fileMounts = (draft: Draft, service: Service): Mount[] =>
  filesOf(service)
    // The session key is a setting of its own.
    .filter(({ target }) => target !== service.env['WEBUI_SECRET_KEY_FILE'])
    .flatMap(({ name, file, target }): Mount[] => {
      if (file !== undefined) return [{ kind: 'folder', folder: file, target, readOnly: true }];
      draft.say('cannot', `${service.name}: ${name}, which is not a file of the host`);
      return [];
    });

/** What holds the data, and whether anything does. */
function storage(draft: Draft, service: Service): void {
  const mount = dataMountOf(service);
  const own = [dataPlaceOf(service), service.env['WEBUI_SECRET_KEY_FILE']];
  const others = service.mounts.filter(({ target }) => !own.includes(target));
  if (mount) data(draft, 'webui', service, mount);
  else if (hasOnlyCopy(service)) draft.set(['webui', 'adoptVolume'], true);
  else
    draft.say(
      'differs',
      `${service.name}: nothing is mounted at ${dataPlaceOf(service)}; files there get a volume now, and last`,
    );
  const elsewhere = [
    ...(hasDatabaseElsewhere(service) ? ['the database'] : []),
    ...(hasFilesElsewhere(service) ? ['uploaded files'] : []),
  ];
  const them = elsewhere.join() === 'the database' ? 'it' : 'them';
  if (elsewhere.length > 0)
    draft.say(
      'differs',
      `${elsewhere.join(' and ')}: not in the volume, so npm run backup does not include ${them}; keep backing ${them} up as today`,
    );
  mounts(draft, 'webui', service, [...others, ...fileMounts(draft, service)]);
}

/** The Docker host as a container sees it: by Docker's word for it, or by the address of its default bridge. */
const isDockerHost = (address: string) => address === HOST_GATEWAY || address === '172.17.0.1';

/** Addresses for names, but for the one that is always there. */
function hosts(draft: Draft, { name, extraHosts }: Service): void {
  // With another address it means another machine, and a rule says that it cannot.
  const others = Object.entries(extraHosts).filter(([host, address]) => host !== HOST_ALIAS || !isDockerHost(address));
  for (const [host, address] of others) draft.set(['webui', 'extraHosts', host], address);
  const moved = others.map(([host]) => host).filter((host) => host !== HOST_ALIAS);
  if (moved.length > 0) draft.say('moves', `${name}: the host names ${moved.join(', ')}`);
}

function mode(draft: Draft, { name, networkMode }: Service): void {
  if (networkMode === undefined || networkMode === 'bridge' || networkMode === 'default') return;
  draft.say(
    'cannot',
    networkMode === 'host'
      ? `${name}: the network of the host: a container with its own network cannot reach what listens only on 127.0.0.1 there; make it listen on the address of Docker's bridge, and name it ${HOST_ALIAS}`
      : `${name}: network_mode ${networkMode}: it would live in the network of another container`,
  );
}

/** Settings of the web UI; returns whether the move is an upgrade. */
export function webui(draft: Draft, service: Service): boolean {
  server(draft, 'webui', service);
  const upgrades = image(draft, service);
  mode(draft, service);
  if (service.networkMode === 'host')
    draft.set(['webui', 'publish'], { address: '0.0.0.0', port: Number(service.env['PORT'] || WEBUI_PORT) });
  else publication(draft, service);
  storage(draft, service);
  start(draft, service);
  hosts(draft, service);
  draft.set(['webui', 'gpus'], service.gpus);
  if (service.gpus !== undefined) draft.say('moves', `${service.name}: GPUs (${[service.gpus].flat().join(', ')})`);
  if (service.memory === undefined)
    draft.say(
      'better',
      `${service.name}: a memory limit of ${webuiDefaults.memory} (webui.memory), so that it cannot take the whole host`,
    );
  return upgrades;
}
