/** Stands in for a deployed stack: a page with its websocket, and a docker command. Each answers as a test wants. */

import { createHash } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import type { Docker } from '../../docker/client.ts';
import type { Reachable, Stack } from '../../ops/outputs.ts';

/** What a request is answered with: a status and JSON; `never` leaves it without an answer. */
export type Answer = readonly [number, unknown] | 'never';

export type Answers = Record<string, Answer | ((request: IncomingMessage, body: string) => Answer)>;

/** A frame of text, as servers send it. */
function frame(text: string): Buffer {
  const data = Buffer.from(text);
  const head = data.length < 126 ? [0x81, data.length] : [0x81, 126, data.length >> 8, data.length & 0xff];
  return Buffer.concat([Buffer.from(head), data]);
}

const CLOSE = 0x88;

/** The texts in what a browser sends, masked frames of less than 64 KiB each; undefined where it closes. */
function* texts(chunk: Buffer): Generator<string | undefined> {
  for (let at = 0; at + 6 <= chunk.length; ) {
    const short = (chunk[at + 1] as number) & 0x7f;
    const start = short === 126 ? at + 4 : at + 2;
    const length = short === 126 ? chunk.readUInt16BE(at + 2) : short;
    const mask = chunk.subarray(start, start + 4);
    const data = chunk.subarray(start + 4, start + 4 + length);
    yield chunk[at] === CLOSE
      ? undefined
      : Buffer.from(data.map((byte, index) => byte ^ (mask[index % 4] as number))).toString();
    at = start + 4 + length;
  }
}

const USER = { token: 'jwt', id: 'u1' };

/** A page where everything works, but for the answers of a test. */
export class Page {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly requests: string[] = [];
  /** What goes over Valkey. */
  readonly wire = new PassThrough();
  answers: Answers = {};

  constructor() {
    this.#server = createServer((request, response) => void this.#handle(request, response));
    this.#server.on('upgrade', (request, socket: Socket) => this.#upgrade(request, socket));
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Open websockets. */
  get open(): number {
    return this.#sockets.size;
  }

  close(): void {
    this.#server.closeAllConnections();
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  /** Sends an event to every websocket. */
  emit(data: unknown): void {
    for (const socket of this.#sockets) socket.write(frame(`42${JSON.stringify(['events', data])}`));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += chunk;
    const path = (request.url ?? '').split('?')[0] ?? '';
    const name = `${request.method} ${path}`;
    this.requests.push(name);
    const given = this.answers[name] ?? this.#usual(name);
    const answer = typeof given === 'function' ? given(request, body) : given;
    if (answer === 'never') return;
    response.writeHead(answer[0], { 'content-type': 'application/json' }).end(JSON.stringify(answer[1]));
  }

  #usual(name: string): Answer {
    const event = /^POST \/api\/v1\/chats\/c1\/messages\/([^/]+)\/event$/.exec(name)?.[1];
    if (event) {
      this.emit({ message_id: event });
      this.wire.write(`message\nsocketio#/#user:u1\n{"data": "${event}", "host_id": "h1"}\n`);
      return [200, true];
    }
    if (name === 'POST /api/v1/auths/signin') return [200, USER];
    if (name === 'POST /api/v1/chats/new') return [200, { id: 'c1', user_id: 'u1' }];
    return [200, {}];
  }

  #upgrade(request: IncomingMessage, socket: Socket): void {
    const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash('sha1').update(key).digest('base64');
    const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
    socket.write(`${[...head, `Sec-WebSocket-Accept: ${accept}`].join('\r\n')}\r\n\r\n`);
    this.#sockets.add(socket);
    socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
    const opening = { sid: 'e1', upgrades: [], pingInterval: 25_000, pingTimeout: 20_000, maxPayload: 1_000_000 };
    socket.write(frame(`0${JSON.stringify(opening)}`));
    socket.on('data', (chunk: Buffer) => {
      for (const text of texts(chunk)) {
        if (text === undefined) socket.end(Buffer.from([CLOSE, 0]));
        if (!text) continue;
        if (text.startsWith('40')) socket.write(frame('40{"sid":"s1"}'));
        const joined = /^42(\d+)\["user-join"/.exec(text)?.[1];
        if (joined) socket.write(frame(`43${joined}[{"id":"u1"}]`));
      }
    });
  }
}

/** An engine with both servers, healthy; `commands` are the listening ones, and whether they were ended. */
export class Engine {
  readonly commands: { ended: boolean }[] = [];
  readonly #page: Page;
  /** What a command prints instead of the usual; a command without an answer hangs until its time is over. */
  prints: (args: readonly string[]) => string | 'never' | undefined = () => undefined;

  constructor(page: Page) {
    this.#page = page;
  }

  #usual(args: readonly string[], input: string): string {
    if (args[0] === 'container') {
      const State = { Status: 'running', Health: { Status: 'healthy' }, StartedAt: '' };
      const NetworkSettings = { Networks: {} };
      return JSON.stringify([{ Name: '/open-webui', State, RestartCount: 0, Config: {}, NetworkSettings }]);
    }
    if (args.includes('ping')) return 'PONG';
    if (input.startsWith('GET')) return 'NOPERM';
    if (input.includes('NUMSUB')) return 'OK\nsocketio\n1';
    const published = /"PUBLISH" "[^"]*" "(.*)"\n/.exec(input)?.[1];
    if (published) this.#page.emit(JSON.parse(published.replaceAll('\\"', '"').replaceAll('\\\\', '\\')));
    return 'OK\n1';
  }

  get docker(): Docker {
    const capture: Docker['capture'] = async (args, { input = '', timeout } = {}) => {
      const stdout = this.prints(args) ?? this.#usual(args, input);
      if (stdout !== 'never') return { code: 0, stdout, stderr: '', all: stdout, timedOut: false };
      await new Promise((resolve) => setTimeout(resolve, timeout));
      return { code: 'signal SIGKILL', stdout: '', stderr: '', all: '', timedOut: true };
    };
    return {
      endpoint: {},
      capture,
      run: async (args, options) => (await capture(args, options)).stdout,
      attached: async () => 0,
      start: () => {
        const command = { ended: false };
        this.commands.push(command);
        const child = Object.assign(new EventEmitter(), {
          stdin: new PassThrough(),
          stdout: new PassThrough(),
          kill: () => {
            command.ended = true;
          },
        });
        child.stdout.write('OK\nsubscribe\nsocketio\n1\nsubscribe\nsocketio#/#user:u1\n2\n');
        this.#page.wire.on('data', (chunk) => child.stdout.write(chunk));
        return child as unknown as ReturnType<Docker['start']>;
      },
    };
  }
}

/** A stack of both. */
export function standInStack(engine: Engine, origin: string): Reachable {
  return {
    name: 'test',
    docker: engine.docker,
    pulumi: undefined as unknown as Stack['pulumi'],
    url: origin,
    adminEmail: 'admin@example.com',
    adminPassword: 'generated',
    servers: {
      webui: { container: 'open-webui', volume: 'data', publishedAt: origin, processes: 1 },
      valkey: { container: 'redis-valkey', volume: 'kv', url: 'redis://redis:6379/0', operatorPassword: 'operator' },
    },
    networks: [],
    host: {},
  };
}
