/** The page of a stack, from wherever a command runs. */

import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { isRemote } from '../core/endpoint.ts';
import { WEBUI_PORT } from '../core/webui.ts';
import type { Docker } from '../docker/client.ts';
import type { Reachable, Stack } from './outputs.ts';

/** For bash in the container: its standard input and output become a connection to the server. */
const RELAY = `exec 3<>/dev/tcp/127.0.0.1/${WEBUI_PORT} 4<&0; cat <&4 >&3 & cat <&3; kill $!`;

const LOOPBACK = /^(127\.|\[::1\]$|localhost$)/;

/** An origin of this machine behind which the server in a container answers, by way of the engine alone. */
export async function relay(docker: Docker, container: string): Promise<{ origin: string; close: () => void }> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    const child = docker.start(['exec', '-i', container, 'bash', '-c', RELAY], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    socket.pipe(child.stdin).on('error', () => socket.destroy());
    child.stdout.pipe(socket).on('error', () => child.kill());
    child.on('error', () => socket.destroy()).on('close', () => socket.destroy());
    socket
      .on('error', () => {})
      .on('close', () => {
        open.delete(socket);
        child.kill();
      });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.close();
    // Browsers and fetch keep connections for the next request.
    for (const socket of open) socket.destroy();
  };
  return { origin: `http://127.0.0.1:${port}`, close };
}

/** A stack whose page this machine reaches at an origin. */
const at = (origin: string, stack: Stack): Reachable => ({
  ...stack,
  servers: { ...stack.servers, webui: { ...stack.servers.webui, publishedAt: origin } },
});

/**
 * Runs work with a stack whose page can be reached at `publishedAt`: as it is, unless it is not published, or on the loopback address of
 * another machine; then through its container.
 */
export async function withPage<Result>(stack: Stack, work: (stack: Reachable) => Promise<Result>): Promise<Result> {
  const { docker, servers } = stack;
  const { container, publishedAt } = servers.webui;
  const isHere = publishedAt && !(LOOPBACK.test(new URL(publishedAt).hostname) && isRemote(docker.endpoint));
  if (isHere) return work(at(publishedAt, stack));
  const { origin, close } = await relay(docker, container);
  try {
    return await work(at(origin, stack));
  } finally {
    close();
  }
}
