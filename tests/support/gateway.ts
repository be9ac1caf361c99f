/** A client that reaches a gateway by the names of its domains, though no DNS knows them. */

import type { IncomingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { io, type Socket } from 'socket.io-client';
import { connect } from '../../docker/client.ts';
import { readStackFile } from '../../settings/file.ts';
import { provideImages } from '../../setup/images.ts';
import { root } from './checkout.ts';

/** The image of the gateway that is built where no registry answers. */
export const GATEWAY_IMAGE = readStackFile(join(root, 'Pulumi.local.yaml'), 'open-webui', 'local').gateway.image;

/** Builds it, where that has not been done yet: three minutes. */
export async function requireGatewayImage(): Promise<void> {
  const options = { root, env: process.env, docker: connect({}), progress: () => {} };
  const why = await provideImages([GATEWAY_IMAGE], options);
  if (why) throw new Error(why);
}

export interface Answered {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  /** When each piece of the body came, in milliseconds since the request. */
  pieces: number[];
  ms: number;
}

interface Asked {
  method?: string;
  headers?: Record<string, string>;
  body?: unknown;
}

/** Reaches `127.0.0.1` whatever the name is, and takes any certificate: what it is worth is asked elsewhere. */
export class Client {
  readonly #agent: Agent;
  readonly #port: number;
  readonly #domain: string;
  token: string | undefined;

  constructor(port: number, domain: string) {
    this.#port = port;
    this.#domain = domain;
    this.#agent = new Agent({
      keepAlive: true,
      rejectUnauthorized: false,
      lookup: (_name, options, callback) =>
        options.all ? callback(null, [{ address: '127.0.0.1', family: 4 }]) : callback(null, '127.0.0.1', 4),
    });
  }

  get origin(): string {
    return `https://${this.#domain}:${this.#port}`;
  }

  ask(path: string, { method = 'GET', headers = {}, body }: Asked = {}): Promise<Answered> {
    const started = Date.now();
    const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const all = {
      ...(this.token && { authorization: `Bearer ${this.token}` }),
      ...(text !== undefined && {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(text)),
      }),
      ...headers,
    };
    return new Promise((resolve, reject) => {
      const outgoing = request(
        { host: this.#domain, port: this.#port, path, method, headers: all, agent: this.#agent },
        (message) => {
          const chunks: Buffer[] = [];
          const pieces: number[] = [];
          message
            .on('data', (chunk: Buffer) => {
              chunks.push(chunk);
              pieces.push(Date.now() - started);
            })
            .on('error', reject)
            .on('end', () => {
              const body = Buffer.concat(chunks).toString('utf8');
              const { statusCode: status = 0, headers } = message;
              resolve({ status, headers, body, pieces, ms: Date.now() - started });
            });
        },
      );
      outgoing.on('error', reject).end(text);
    });
  }

  async signIn(email: string, password: string): Promise<void> {
    const { body } = await this.ask('/api/v1/auths/signin', { method: 'POST', body: { email, password } });
    this.token = (JSON.parse(body) as { token: string }).token;
  }

  /** Opens the websocket of the page. */
  connect(): Promise<Socket> {
    const agent = this.#agent as unknown as boolean;
    const options = { path: '/ws/socket.io', transports: ['websocket'], auth: { token: this.token } };
    const socket = io(this.origin, {
      ...options,
      agent,
      rejectUnauthorized: false,
      forceNew: true,
      reconnection: false,
    });
    return new Promise((resolve, reject) => {
      socket.once('connect', () => resolve(socket)).once('connect_error', reject);
    });
  }

  /** Serial number of the certificate that is shown now; undefined where none is. */
  serial(): Promise<string | undefined> {
    return new Promise((resolve) => {
      const socket = connectTls(
        { host: '127.0.0.1', port: this.#port, servername: this.#domain, rejectUnauthorized: false },
        () => {
          resolve(socket.getPeerCertificate().serialNumber);
          socket.destroy();
        },
      ).on('error', () => resolve(undefined));
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
