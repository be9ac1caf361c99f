import { io, type Socket } from 'socket.io-client';
import { RemoteError } from '../core/errors.mjs';

const REQUEST_MS = 15_000;

/** A signed-in user of Open WebUI, over HTTP and its websocket. */
export class Session {
  readonly #origin: string;
  readonly #token: string;
  readonly userId: string;

  private constructor(origin: string, token: string, userId: string) {
    this.#origin = origin;
    this.#token = token;
    this.userId = userId;
  }

  /** @throws RemoteError with status 400 when the password is not the user's. */
  static async signIn(origin: string, email: string, password: string): Promise<Session> {
    const user = (await request(origin, 'POST', '/api/v1/auths/signin', undefined, { email, password })) as {
      token: string;
      id: string;
    };
    return new Session(origin, user.token, user.id);
  }

  request(method: string, path: string, body?: unknown): Promise<unknown> {
    return request(this.#origin, method, path, this.#token, body);
  }

  /** The answer as it is, for what is no JSON. */
  fetch(method: string, path: string): Promise<Response> {
    return answer(this.#origin, method, path, this.#token);
  }

  /** Opens the websocket and joins as the user; resolves when the server has accepted both. */
  async connect(): Promise<Socket> {
    const socket = io(this.#origin, {
      path: '/ws/socket.io',
      transports: ['websocket'],
      auth: { token: this.#token },
      reconnection: false,
      timeout: REQUEST_MS,
    });
    try {
      await opened(socket);
      const joined: unknown = await socket
        .timeout(REQUEST_MS)
        .emitWithAck('user-join', { auth: { token: this.#token } });
      if (!joined) throw new Error('the websocket is open, but the server does not accept the user');
      return socket;
    } catch (error) {
      socket.close();
      throw error;
    }
  }
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

async function request(origin: string, method: string, path: string, token?: string, body?: unknown): Promise<unknown> {
  return (await answer(origin, method, path, token, body)).json();
}

/** @throws RemoteError for every answer but a success. */
async function answer(origin: string, method: string, path: string, token?: string, body?: unknown): Promise<Response> {
  const isForm = body instanceof FormData;
  const response = await fetch(origin + path, {
    method,
    // A form has to say for itself where its parts begin.
    headers: {
      ...(!isForm && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: body === undefined ? null : isForm ? body : JSON.stringify(body),
    signal: AbortSignal.timeout(REQUEST_MS),
  });
  if (!response.ok) {
    const { status } = response;
    throw new RemoteError(`${method} ${path} answered ${status}: ${(await response.text()).slice(0, 200)}`, { status });
  }
  return response;
}
