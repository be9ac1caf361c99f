/** A server as OpenAI's, whose answers are written piece by piece by a test. */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { addressForContainers } from './docker.ts';

const MODEL = 'parrot';

/** What it says where the web UI asks for a title, tags or follow-ups of a chat, each of which takes its own key. */
const ASIDE = { title: 'A parrot speaks', tags: ['parrots'], follow_ups: [] };

interface Request {
  stream?: boolean;
  messages: { role: string; content: string }[];
}

const part = (choice: unknown) => ({
  ...{ id: 'chatcmpl-1', created: 0, model: MODEL },
  choices: [{ index: 0, ...(choice as object) }],
});

/** An answer that is being written. */
export class Writing {
  readonly #response: ServerResponse;
  /** What was asked. */
  readonly question: string;

  constructor(question: string, response: ServerResponse) {
    this.question = question;
    this.#response = response.writeHead(200, { 'content-type': 'text/event-stream' });
  }

  #event(choice: unknown): void {
    const event = { ...part(choice), object: 'chat.completion.chunk' };
    this.#response.write(`data: ${JSON.stringify(event)}\n\n`);
  }

  say(content: string): void {
    this.#event({ delta: { content }, finish_reason: null });
  }

  end(): void {
    this.#event({ delta: {}, finish_reason: 'stop' });
    this.#response.end('data: [DONE]\n\n');
  }
}

export class ModelServer {
  readonly #server: Server;
  readonly #waiting: ((writing: Writing) => void)[] = [];
  readonly #asked: Writing[] = [];
  /** Where containers reach it. */
  readonly url: string;

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
    server.on('request', (request, response) => void this.#answer(request, response));
  }

  static async start(): Promise<ModelServer> {
    const address = addressForContainers();
    const server = createServer().listen(0, address);
    await once(server, 'listening');
    return new ModelServer(server, `http://${address}:${(server.address() as AddressInfo).port}/v1`);
  }

  /** The next question, to be answered. */
  next(): Promise<Writing> {
    const asked = this.#asked.shift();
    return asked ? Promise.resolve(asked) : new Promise((resolve) => this.#waiting.push(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const json = (body: unknown) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (request.method === 'GET') {
      json({ object: 'list', data: [{ id: MODEL, object: 'model', created: 0, owned_by: 'tests' }] });
      return;
    }
    let body = '';
    for await (const chunk of request) body += chunk;
    const { stream, messages } = JSON.parse(body) as Request;
    if (!stream) {
      const message = { role: 'assistant', content: JSON.stringify(ASIDE) };
      json({ ...part({ message, finish_reason: 'stop' }), object: 'chat.completion' });
      return;
    }
    const writing = new Writing(messages.at(-1)?.content ?? '', response);
    const waiting = this.#waiting.shift();
    if (waiting) waiting(writing);
    else this.#asked.push(writing);
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
