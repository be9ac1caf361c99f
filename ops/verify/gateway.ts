/** Whether the page is reached through the gateway: over HTTPS that a browser trusts, and with its websockets. */

import { isRemote } from '../../core/endpoint.ts';
import { RemoteError } from '../../core/errors.mjs';
import { INTERNAL_ROOT } from '../../core/gateway.ts';
import { type Answer, ask, type Door } from '../gateway.ts';
import type { Outputs, Reachable } from '../outputs.ts';
import type { Check, During, Seen } from './check.ts';

/** An authority may take this long to give a certificate: it asks for its proof from several places. */
const CERTIFICATE_SECONDS = 90;

type Gateway = NonNullable<Outputs['servers']['gateway']>;

/** The handshake of Socket.IO, as a browser's page begins it. */
const WEBSOCKET = {
  path: '/ws/socket.io/?EIO=4&transport=websocket',
  headers: {
    ...{ connection: 'Upgrade', upgrade: 'websocket' },
    ...{ 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' },
  },
};

const logsOf = ({ container }: Gateway) => `docker logs --tail 50 ${container}`;

/** The certificate of the gateway's own authority, once it has one. */
async function rootOf({ docker }: Reachable, { container, tls }: Gateway): Promise<string | undefined> {
  if (tls !== 'internal') return undefined;
  const { code, stdout } = await docker.capture(['exec', container, 'cat', INTERNAL_ROOT]);
  return code === 0 ? stdout : undefined;
}

/** An answer of the web UI through one domain. @throws RemoteError when there is none. */
async function ready(door: Door, gateway: Gateway, { until }: During): Promise<Answer> {
  const attempt = () => ask(door, '/ready').catch((error: Error) => error);
  const answer = await until(attempt, (one) => !(one instanceof Error), { seconds: CERTIFICATE_SECONDS });
  if (answer instanceof Error) {
    throw new RemoteError(answer.message, {
      next: `${logsOf(gateway)} says why there is no certificate; the certificate authority must reach the domain over port 80 or 443`,
    });
  }
  if (answer.status !== 200)
    throw new RemoteError(`${door.origin}/ready answers ${answer.status}: ${answer.body.slice(0, 200)}`, {
      next: logsOf(gateway),
    });
  return answer;
}

/** HTTP has to lead to HTTPS. */
async function redirected(gateway: Gateway, origin: string, url: string): Promise<void> {
  const opened = new URL(url);
  // Something before the gateway may forward another port.
  const to =
    opened.protocol === 'https:' ? `https://${new URL(origin).hostname}${opened.port && `:${opened.port}`}` : origin;
  const { status, headers } = await ask({ at: gateway.publishedAt.http, origin }, '/verify?a=b', {
    host: new URL(origin).hostname,
  });
  if (status === 308 && headers.location === `${to}/verify?a=b`) return;
  throw new RemoteError(`HTTP does not redirect to ${to}, but answers ${status} ${headers.location ?? ''}`.trim(), {
    next: logsOf(gateway),
  });
}

export const gateway: Check = {
  name: 'gateway',
  server: 'gateway',
  applies: ({ servers }) => servers.gateway !== undefined,
  seconds: CERTIFICATE_SECONDS + 30,
  async run(stack, during): Promise<Seen> {
    const { gateway } = stack.servers;
    if (!gateway) return 'there is none';
    const { origins, publishedAt, privateAuthority } = gateway;
    const at = publishedAt.https ?? publishedAt.http;
    const names = origins.map((origin) => new URL(origin).host).join(' and ');
    if (/^(127\.|\[::1\]$)/.test(new URL(at).hostname) && isRemote(stack.docker.endpoint)) {
      const notProved = `that ${names} answer: they are published on the loopback address of another machine`;
      return { detail: 'the gateway runs', notProved };
    }
    const doors = origins.map((origin): Door => ({ at, origin }));
    const answers = [];
    for (const door of doors) {
      await ready(door, gateway, during);
      const root = await rootOf(stack, gateway);
      answers.push(await ready({ ...door, root }, gateway, during));
      if (publishedAt.https) await redirected(gateway, door.origin, stack.url);
    }
    const [first] = doors;
    // As the browsers of people say it, whose page may be at another port or behind another proxy.
    const { origin } = new URL(stack.url);
    const socket = first && (await ask(first, WEBSOCKET.path, { ...WEBSOCKET.headers, origin }));
    if (socket?.status !== 101)
      throw new RemoteError(`a websocket of a page at ${origin} is answered with ${socket?.status}`, {
        next: logsOf(gateway),
      });
    const certificates = answers.flatMap(({ certificate }) => certificate ?? []);
    const [one] = certificates;
    if (!one) return `${names} answer over HTTP, and let a websocket through`;
    const day = new Date(Math.min(...certificates.map(({ validTo }) => validTo.getTime()))).toISOString().slice(0, 10);
    const detail = `${names} answer over HTTPS (${one.issuer}, until ${day}), HTTP redirects there, and a websocket passes`;
    const { distrust } = certificates.find((certificate) => certificate.distrust) ?? {};
    if (distrust === undefined) return detail;
    // A private authority need not be known here; a name or a date that is wrong is wrong everywhere.
    if (privateAuthority && /^(UNABLE_TO|SELF_SIGNED|DEPTH_ZERO)/.test(distrust)) {
      return {
        detail,
        notProved: `that browsers trust ${one.issuer}: this machine does not know it`,
      };
    }
    throw new RemoteError(`browsers do not trust the certificate of ${names}: ${distrust}`, { next: logsOf(gateway) });
  },
};
