import { io, type Socket } from 'socket.io-client';
import { RemoteError } from '../core/errors.mjs';

const REQUEST_MS = 15_000;

/** What Open WebUI answers to a sign-in. */
interface Answered {
  token?: string;
  id?: string;
  /** What it asks for instead of giving a token. */
  next_step?: string;
}

/** A sign-in that was answered with a request for something else than a password, such as a second factor. */
export class NextStep extends RemoteError {
  /** As Open WebUI calls it; `pending` stands for an account that waits for approval. */
  readonly step: string;

  constructor(step: string) {
    super(`the sign-in was answered with a further step: ${step}`);
    this.step = step;
  }
}

/** A signed-in user of Open WebUI, over HTTP and its websocket. */
export class Session {
  readonly #origin: string;
  readonly #token: string;

  private constructor(origin: string, token: string) {
    this.#origin = origin;
    this.#token = token;
  }

  /**
   * @param headers that a proxy would add.
   * @throws RemoteError with status 400 when the password is not the user's. @throws NextStep when the password is not enough.
   */
  static async signIn(
    origin: string,
    email: string,
    password: string,
    headers: Record<string, string> = {},
  ): Promise<Session> {
    const body = JSON.stringify({ email, password });
    const response = await answer(origin, 'POST', '/api/v1/auths/signin', { headers, body });
    const { token, next_step } = (await response.json()) as Answered;
    if (!token) throw new NextStep(next_step ?? 'unknown');
    return new Session(origin, token);
  }

  /** @throws RemoteError with status 401 or 403 when a token is not, or no longer, one of a user. */
  static async withToken(origin: string, token: string): Promise<Session> {
    const session = new Session(origin, token);
    await session.request('GET', '/api/v1/chats/?page=1');
    return session;
  }

  /** The same user at another origin of the page. */
  at(origin: string): Session {
    return new Session(origin, this.#token);
  }

  /** Whether the token is an API key, with which Open WebUI opens no websocket. */
  get isKey(): boolean {
    return this.#token.startsWith('sk-');
  }

  async request(method: string, path: string, body?: unknown): Promise<unknown> {
    const isForm = body instanceof FormData;
    const response = await answer(this.#origin, method, path, {
      // A form has to say for itself where its parts begin.
      isForm,
      headers: this.#authorization,
      body: body === undefined ? null : isForm ? body : JSON.stringify(body),
    });
    return response.json();
  }

  /** The answer as it is, for what is no JSON. */
  fetch(method: string, path: string): Promise<Response> {
    return answer(this.#origin, method, path, { headers: this.#authorization });
  }

  /** Opens the websocket and joins as the user; resolves when the server has accepted both. */
  async connect(): Promise<Socket> {
    const auth = { token: this.#token };
    const socket = await openSocket(this.#origin, auth);
    try {
      const joined: unknown = await socket.timeout(REQUEST_MS).emitWithAck('user-join', { auth });
      if (!joined) throw new Error('the websocket is open, but the server does not accept the user');
      return socket;
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  get #authorization(): Record<string, string> {
    return { authorization: `Bearer ${this.#token}` };
  }
}

/** Opens a websocket; without a token that of a page before sign-in. */
export async function openSocket(origin: string, auth: { token?: string } = {}): Promise<Socket> {
  const socket = io(origin, {
    path: '/ws/socket.io',
    transports: ['websocket'],
    auth,
    // One of its own, whatever else this process has open.
    forceNew: true,
    reconnection: false,
    timeout: REQUEST_MS,
  });
  try {
    await opened(socket);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** How Open WebUI signs people in, as it tells everyone who opens the page. */
export async function trustsHeader(origin: string): Promise<boolean> {
  const response = await answer(origin, 'GET', '/api/config');
  const { features } = (await response.json()) as { features?: { auth_trusted_header?: boolean } };
  return features?.auth_trusted_header === true;
}

/** Resolves when the server has accepted the connection; socket.io itself says nothing when it is closed before that. */
function opened(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (reason: string) => reject(new Error(`the websocket was not accepted: ${reason}`));
    const timer = setTimeout(() => refuse(`no answer within ${REQUEST_MS / 1000} s`), REQUEST_MS);
    socket.on('connect', () => {
      clearTimeout(timer);
      resolve();
    });
    socket.on('connect_error', (error) => {
      clearTimeout(timer);
      refuse(error.message);
    });
  });
}

interface Request {
  headers?: Record<string, string>;
  body?: string | FormData | null;
  isForm?: boolean;
}

/** @throws RemoteError for every answer but a success, and when there is none. */
async function answer(
  origin: string,
  method: string,
  path: string,
  { headers = {}, body = null, isForm = false }: Request = {},
): Promise<Response> {
  const signal = AbortSignal.timeout(REQUEST_MS);
  const options = {
    method,
    headers: { ...(!isForm && { 'content-type': 'application/json' }), ...headers },
    body,
    signal,
  };
  const response = await fetch(origin + path, options).catch((error: Error) => {
    const why = signal.aborted ? `nothing within ${REQUEST_MS / 1000} s` : ((error.cause as Error) ?? error).message;
    throw new RemoteError(`${method} ${path} was not answered: ${why}`);
  });
  if (!response.ok) {
    const { status } = response;
    throw new RemoteError(`${method} ${path} answered ${status}: ${(await response.text()).slice(0, 200)}`, { status });
  }
  return response;
}
