/** Open pages: websockets that come back by themselves as those of Open WebUI's page do. */

import type { Client } from './client.ts';

/** As the page of Open WebUI 0.12 sets them, in milliseconds. */
const RECONNECTION = { reconnectionDelay: 1000, reconnectionDelayMax: 5000, randomizationFactor: 0.5 };

/** How long all of them may take to open. */
const OPEN_MS = 60_000;

export const SOCKETS = 50;

export interface Sockets {
  /** Those that are open now. */
  open(): number;
  /** Moments, by `performance.now()`, at which a websocket was open again after it had been closed. */
  returned(): number[];
  close(): void;
}

/** Opens them. @throws Error when not all of them are open within a minute. */
export async function openSockets(client: Client): Promise<Sockets> {
  const returned: number[] = [];
  const sockets = Array.from({ length: SOCKETS }, () => client.socket(RECONNECTION));
  const close = () => {
    for (const socket of sockets) socket.close();
  };
  const first = sockets.map((socket) => new Promise((resolve) => socket.once('connect', () => resolve(undefined))));
  const late = new Promise((_, reject) =>
    setTimeout(() => reject(new Error('not all websockets open')), OPEN_MS).unref(),
  );
  try {
    await Promise.race([Promise.all(first), late]);
  } catch (error) {
    close();
    throw error;
  }
  for (const socket of sockets) socket.on('connect', () => returned.push(performance.now()));
  return { open: () => sockets.filter(({ connected }) => connected).length, returned: () => returned, close };
}
