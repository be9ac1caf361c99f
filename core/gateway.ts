/** Caddy, the gateway, as its image has it and as people and the web UI find it. */

import { isIP } from 'node:net';
import type { Host } from './endpoint.ts';
import { type Addresses, publishedUrl } from './urls.ts';

/** Ports inside its container. Docker lets an ordinary user listen there. */
export const HTTP_PORT = 80;
export const HTTPS_PORT = 443;

/** Port at which it tells its health check, inside its container alone, that it serves. */
export const HEALTH_PORT = 2018;

/** Port, inside its container alone, of the queue in which short requests wait for the web UI. */
export const QUEUE_PORT = 2017;

/** What it answers its health check. */
export const HEALTHY = 'serving';

/** Folder with all of its data: certificates, their keys, and its accounts at certificate authorities. */
export const GATEWAY_DATA = '/data';

/** Folder with its configuration, which it can read again while it runs. */
export const GATEWAY_FILES = '/etc/caddy/live';
export const CONFIGURATION = 'caddy.json';

/** Socket for its administration: in memory that every container has, for its own user alone. No network reaches it. */
export const ADMIN_SOCKET = 'unix//dev/shm/caddy.sock';

/** User and group of a strict deployment, as numbers: they need no name in the image. */
export const GATEWAY_USER = { user: '1000', group: '1000' };

/** Certificate of the authority that `tls: internal` makes at its first start. */
export const INTERNAL_ROOT = `${GATEWAY_DATA}/caddy/pki/authorities/local/root.crt`;

/**
 * Where certificates come from. `acme`: an authority that asks for proof of the domain, by default Let's Encrypt; `internal`: an authority in
 * the gateway itself, which browsers do not trust by themselves; `files`: the stack file; `off`: nowhere, as something before it speaks HTTPS.
 */
export type Tls = 'acme' | 'internal' | 'files' | 'off';

/** Ports and addresses of the host at which a gateway is reached. */
export interface GatewayPublished {
  http: number;
  https: number;
  address: Addresses;
}

/** What of a gateway decides on the addresses that people open. */
export interface Addressed {
  domain: readonly string[];
  tls: Tls;
  publish: Pick<GatewayPublished, 'http' | 'https'>;
}

/** The ports that are published, each with its port inside the container. Without TLS there is nothing at that of HTTPS. */
export const gatewayPorts = ({
  tls,
  publish,
}: Pick<Addressed, 'tls' | 'publish'>): { port: number; inside: number }[] => [
  { port: publish.http, inside: HTTP_PORT },
  ...(tls === 'off' ? [] : [{ port: publish.https, inside: HTTPS_PORT }]),
];

/** Where this machine reaches each port, whatever DNS says of the domains. */
export function gatewayUrls(
  { tls, publish: { http, https, address } }: { tls: Tls; publish: GatewayPublished },
  host: Host = {},
): { http: string; https?: string } {
  const at = (port: number) => publishedUrl({ address, port }, host);
  return { http: at(http), ...(tls !== 'off' && { https: at(https).replace(/^http:/, 'https:') }) };
}

/** Origins of the page for the people who open it, in the order of the domains. */
export function originsOf({ domain, tls, publish }: Addressed): string[] {
  const [scheme, port, usual] =
    tls === 'off' ? ['http', publish.http, HTTP_PORT] : ['https', publish.https, HTTPS_PORT];
  return domain.map((name) => `${scheme}://${name}${port === usual ? '' : `:${port}`}`);
}

/**
 * Origins from which browsers ask, in the order of the domains: those of the gateway itself, unless `url` says how people open the page. What is
 * before the gateway, a proxy or a router that forwards another port, is there for all domains.
 */
export function openedAt(gateway: Addressed, url?: string): string[] {
  if (url === undefined) return originsOf(gateway);
  const { protocol, port } = new URL(url);
  return gateway.domain.map((name) => `${protocol}//${name}${port && `:${port}`}`);
}

/** Endings of names that no public certificate authority issues a certificate for (RFC 2606, RFC 6762, RFC 8375, ICANN). */
const PRIVATE = /(^|\.)(localhost|local|test|example|invalid|internal|lan|home\.arpa|onion)$/;

/** Whether a public authority may give a certificate for a name. */
export const isPublic = (domain: string): boolean =>
  domain.includes('.') && isIP(domain) === 0 && !PRIVATE.test(domain);
