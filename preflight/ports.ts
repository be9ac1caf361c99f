/** Ports that a stack publishes: free, and at addresses that the Docker host has. */

import { createServer } from 'node:net';
import { hostname } from 'node:os';
import * as pulumi from '@pulumi/pulumi';
import type { Endpoint } from '../core/endpoint.ts';
import { type Owner, PROJECT_LABEL, STACK_LABEL } from '../core/labels.ts';
import { type Addresses, addressList, canonical, overlap, type Published as Publication } from '../core/urls.ts';
import type { Docker } from '../docker/client.ts';
import { SERVICE_LABEL } from '../docker/services.ts';

/** What of a stack's settings matters here. */
interface Published {
  name: string;
  /** One port, or several by the names of their settings. */
  publish?: Publication | { address: Addresses; ports: Readonly<Record<string, number>> } | undefined;
}

/** A port that the stack wants, at one address. */
export interface Wanted {
  /** Setting that it comes from, such as `webui.publish`, and the one in it that has the port. */
  setting: string;
  key: string;
  address: string;
  port: number;
}

/** A port that a running container has. */
export interface Taken {
  /** The container, or the service whose task it is, in words. */
  holder: string;
  /** Whether it is the stack's own. */
  own: boolean;
  address: string;
  port: number;
}

export const wantedPorts = (servers: Readonly<Record<string, Published>>): Wanted[] =>
  Object.entries(servers).flatMap(([section, { publish = 'none' }]) => {
    if (publish === 'none') return [];
    const ports = 'ports' in publish ? publish.ports : { port: publish.port };
    return Object.entries(ports).flatMap(([key, port]) =>
      addressList(publish.address).map((address) => ({
        ...{ setting: `${section}.publish`, key, address: canonical(address), port },
      })),
    );
  });

/** The longest list of ports that is written out; a container may publish thousands. */
const MOST = 100;

/** The published TCP ports in a line of `docker ps`: `0.0.0.0:3000->8080/tcp, :::3000->8080/tcp, [::1]:8000-8002->80-82/tcp`. */
export function publishedPorts(text: string): { address: string; port: number }[] {
  return [...text.matchAll(/(\S+):(\d+)(?:-(\d+))?->[\d-]+\/tcp/g)].flatMap(([, address = '', from, to = from]) => {
    const first = Number(from);
    const count = Math.min(Number(to) - first + 1, MOST);
    const plain = canonical(address.replace(/^\[(.*)\]$/, '$1'));
    return Array.from({ length: count }, (_, index) => ({ address: plain, port: first + index }));
  });
}

const TIMEOUT = 20_000;
const label = (name: string) => `{{.Label "${name}"}}`;

/** The ports of all running containers. */
async function takenPorts(docker: Docker, mine: Owner, names: readonly string[]): Promise<Taken[]> {
  const format = ['{{.Names}}', label(PROJECT_LABEL), label(STACK_LABEL), '{{.Ports}}', label(SERVICE_LABEL)].join(
    '\t',
  );
  const lines = (await docker.run(['ps', '--no-trunc', '--format', format], { timeout: TIMEOUT })).split('\n');
  return lines.filter(Boolean).flatMap((line) => {
    const [container = '', project = '', stack = '', ports = '', service = ''] = line.split('\t');
    const own = names.includes(container) || (project === mine.project && stack === mine.stack);
    const holder = service ? `service ${service}` : `container ${container}`;
    return publishedPorts(ports).map((port) => ({ holder, own, ...port }));
  });
}

/** Sockets of an engine that is certainly on this machine, in its own network: not forwarded, and not of a second engine. */
const OWN_SOCKETS = ['', 'unix:///var/run/docker.sock', 'unix:///run/docker.sock'];

/** Whether an engine publishes on this machine's own addresses, so that it can be tried here. */
async function isHere(docker: Docker, { address = '' }: Endpoint): Promise<boolean> {
  if (!OWN_SOCKETS.includes(address)) return false;
  // Another name where Docker runs in a machine of its own, or this program in a container.
  const { code, stdout } = await docker.capture(['info', '--format', '{{.Name}}'], { timeout: TIMEOUT });
  return code === 0 && stdout.trim() === hostname();
}

/** Why this machine cannot listen there; undefined when it can, or when only the engine would know. */
export const refusalOf = ({ address, port }: { address: string; port: number }): Promise<string | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'EADDRINUSE') resolve('another program listens there');
      else if (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT')
        resolve('this machine has no such address (ip address lists what it has)');
      // The engine has rights that this program has not.
      else resolve(undefined);
    });
    server.listen({ host: address, port, ipv6Only: true, exclusive: true }, () =>
      server.close(() => resolve(undefined)),
    );
  });

const at = ({ address, port }: { address: string; port: number }) =>
  `${address.includes(':') ? `[${address}]` : address}:${port}`;

/**
 * Refuses ports that are in use, and addresses that the host does not have, before anything is created: Docker finds out when network and
 * Valkey exist. What other containers have is asked of the engine. The rest is tried where the engine is this machine's own.
 *
 * @param owner what the settings belong to.
 * @throws pulumi.RunError with every port that cannot be published, and what to do.
 */
export async function requirePorts(
  servers: Readonly<Record<string, Published>>,
  docker: Docker,
  endpoint: Endpoint,
  owner: string = pulumi.getProject(),
): Promise<void> {
  const wanted = wantedPorts(servers);
  const mine: Owner = { project: pulumi.getProject(), stack: pulumi.getStack() };
  const names = Object.values(servers).map(({ name }) => name);
  // An engine that does not answer is for others to report.
  const taken = await takenPorts(docker, mine, names).catch(() => undefined);
  if (!taken) return;
  const holder = ({ address, port }: Wanted, own: boolean) =>
    taken.find((one) => one.own === own && one.port === port && overlap(one.address, address));
  const refused = wanted.flatMap((one) => {
    const other = holder(one, false);
    return other ? [{ one, why: `the ${other.holder} has ${at(other)}` }] : [];
  });
  // What the stack itself has now is free for it afterwards.
  const unknown = wanted.filter((one) => !holder(one, true) && !holder(one, false));
  if (unknown.length > 0 && (await isHere(docker, endpoint))) {
    for (const one of unknown) {
      const why = await refusalOf(one);
      if (why) refused.push({ one, why });
    }
  }
  if (refused.length === 0) return;
  throw new pulumi.RunError(
    `Some ports of the stack ${mine.stack} cannot be published. Nothing was created or changed.\n${refused
      .map(
        ({ one, why }) =>
          `  ${at(one)}: ${why}\n    to do: choose another ${owner}:${one.setting}.${one.key}, or another ${owner}:${one.setting}.address\n`,
      )
      .join('')}`,
  );
}
