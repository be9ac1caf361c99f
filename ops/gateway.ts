/** Requests through the gateway of a stack, at the address at which it is published: whatever DNS says of its domains. */

import type { IncomingMessage } from 'node:http';
import * as http from 'node:http';
import * as https from 'node:https';
import { rootCertificates, type TLSSocket } from 'node:tls';
import { RemoteError } from '../core/errors.mjs';

const REQUEST_MS = 15_000;

/** Where a gateway listens, and as which of its domains it is asked. */
export interface Door {
  /** Origin at which this machine reaches it. */
  at: string;
  /** Origin by which people know it. */
  origin: string;
  /** Certificate of an authority that is trusted besides the public ones. */
  root?: string | undefined;
}

/** A certificate as a client sees it. */
export interface Seen {
  issuer: string;
  validTo: Date;
  /** Why a client that knows the public authorities, and the given one, does not trust it; undefined where it does. */
  distrust: string | undefined;
}

export interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
  /** Undefined over plain HTTP. */
  certificate: Seen | undefined;
}

function seen(socket: TLSSocket): Seen {
  const { issuer, valid_to } = socket.getPeerCertificate();
  const text = (value: string | string[] | undefined) => [value ?? []].flat()[0];
  return {
    issuer: text(issuer.O) ?? text(issuer.CN) ?? 'an authority without a name',
    validTo: new Date(valid_to),
    distrust: socket.authorized ? undefined : String(socket.authorizationError),
  };
}

const read = async (message: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
};

/** @throws RemoteError when there is no answer. */
export function ask(
  { at, origin, root }: Door,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const [{ protocol, hostname, port }, { hostname: name, host }] = [new URL(at), new URL(origin)];
  const isTls = protocol === 'https:';
  const options: https.RequestOptions = {
    ...{ host: hostname.replace(/^\[(.*)\]$/, '$1'), port, path, agent: false, timeout: REQUEST_MS },
    headers: { host, ...headers },
    // What it is worth is said of the certificate, rather than by an error that says less.
    ...(isTls && { servername: name, rejectUnauthorized: false, ca: [...rootCertificates, ...(root ? [root] : [])] }),
  };
  return new Promise((resolve, reject) => {
    const request = (isTls ? https : http).request(options);
    const certificate = (message: IncomingMessage) => (isTls ? seen(message.socket as TLSSocket) : undefined);
    const head = (message: IncomingMessage) => ({ status: message.statusCode ?? 0, headers: message.headers });
    request
      .on('response', (message) => {
        const found = certificate(message);
        read(message).then((body) => resolve({ ...head(message), body, certificate: found }), reject);
      })
      .on('upgrade', (message, socket) => {
        resolve({ ...head(message), body: '', certificate: certificate(message) });
        socket.destroy();
      })
      .on('timeout', () => request.destroy(new Error(`no answer within ${REQUEST_MS / 1000} s`)))
      .on('error', ({ message }) => reject(new RemoteError(`${host} does not answer at ${at}: ${message}`)))
      .end();
  });
}
