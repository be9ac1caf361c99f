/** A client of the page, directly or through its gateway, that keeps its connections as a browser does. */

import type { IncomingHttpHeaders } from 'node:http';
import * as http from 'node:http';
import * as https from 'node:https';
import type { LookupFunction } from 'node:net';
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';

/** Where a page is. */
export interface Page {
  /** As people open it, port included. */
  origin: string;
  /** Address that its name stands for, whatever DNS says. Default: what DNS says. */
  address?: string | undefined;
  /** Certificate of the authority that the page is trusted by. Default: the public ones. */
  root?: string | undefined;
  /** Takes any certificate, where what it is worth is asked elsewhere. Default: false. */
  anyCertificate?: boolean | undefined;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

interface Question {
  method?: string;
  headers?: Readonly<Record<string, string>>;
  /** A text as it is, and anything else as JSON. Default: none. */
  body?: unknown;
  /** Gets each piece of the body when it arrives. */
  onPiece?: (piece: string) => void;
}

/** Stands for DNS. */
const always =
  (address: string): LookupFunction =>
  (_name, { all }, callback) =>
    all ? callback(null, [{ address, family: 4 }]) : callback(null, address, 4);

export class Client {
  readonly #page: Page;
  readonly #agent: http.Agent;
  #token: string | undefined;

  /** @param token of a user. Default: not signed in. */
  constructor(page: Page, token?: string) {
    this.#page = page;
    this.#token = token;
    const { address, origin, root, anyCertificate = false } = page;
    const options = {
      ...{ keepAlive: true, rejectUnauthorized: !anyCertificate },
      ...(address && { lookup: always(address) }),
      ...(root && { ca: root }),
    };
    this.#agent = origin.startsWith('https:') ? new https.Agent(options) : new http.Agent(options);
  }

  /** @throws Error when there is no answer. An answer of any status is one. */
  ask(path: string, { method = 'GET', headers: more = {}, body, onPiece }: Question = {}): Promise<Answer> {
    const url = new URL(path, this.#page.origin);
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const headers = {
      ...(this.#token && { authorization: `Bearer ${this.#token}` }),
      ...(text !== undefined && {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(text)),
      }),
      ...more,
    };
    return new Promise((resolve, reject) => {
      const { request } = url.protocol === 'https:' ? https : http;
      request(url, { method, headers, agent: this.#agent }, (message) => {
        const pieces: string[] = [];
        message.setEncoding('utf8');
        message
          .on('data', (piece: string) => {
            pieces.push(piece);
            onPiece?.(piece);
          })
          .on('error', reject)
          .on('end', () => {
            resolve({ status: message.statusCode ?? 0, headers: message.headers, body: pieces.join('') });
          });
      })
        .on('error', reject)
        .end(text);
    });
  }

  /** Of the user who has signed in; undefined before. */
  get token(): string | undefined {
    return this.#token;
  }

  /** The JSON of a success. @throws Error for every other answer. */
  async request(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await this.ask(path, { method, body });
    if (answer.status !== 200) throw new Error(`${method} ${path} answered ${answer.status}: ${answer.body}`);
    return JSON.parse(answer.body);
  }

  /** Signs in; all requests from then on are the user's. */
  async signIn(email: string, password: string): Promise<void> {
    const { token } = (await this.request('POST', '/api/v1/auths/signin', { email, password })) as { token: string };
    this.#token = token;
  }

  /** The websocket of the page. It opens as soon as it is made, and again when it has been closed, unless the options say otherwise. */
  socket(options: Partial<ManagerOptions & SocketOptions> = {}): Socket {
    return io(this.#page.origin, {
      path: '/ws/socket.io',
      transports: ['websocket'],
      auth: { token: this.#token },
      forceNew: true,
      rejectUnauthorized: !this.#page.anyCertificate,
      // What a browser's page has instead of an agent is of another type.
      agent: this.#agent as unknown as string,
      ...options,
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
