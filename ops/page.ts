/** The page of a stack, from wherever a command runs. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { isRemote } from './engine.ts';
import type { Stack } from './stack.ts';

/** Port of the server inside its container. */
const PORT = 8080;

/** For bash in the container: its standard input and output become a connection to the server. */
const RELAY = `exec 3<>/dev/tcp/127.0.0.1/${PORT} 4<&0; cat <&4 >&3 & cat <&3; kill $!`;

const LOOPBACK = /^(127\.|\[::1\]$|localhost$)/;

/** An origin of this machine behind which the server in a container answers, by way of the engine alone. */
async function relay(container: string): Promise<{ origin: string; close: () => void }> {
  const server = createServer((socket) => {
    const child = spawn('docker', ['exec', '-i', container, 'bash', '-c', RELAY], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    socket.pipe(child.stdin).on('error', () => socket.destroy());
    child.stdout.pipe(socket).on('error', () => child.kill());
    child.on('error', () => socket.destroy()).on('close', () => socket.destroy());
    socket.on('close', () => child.kill());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, close: () => server.close() };
}

/**
 * Runs work with a stack whose page can be reached at `publishedAt`: as it is, unless it is published on the loopback address of
 * another machine; then through its container.
 */
export async function withPage<Result>(stack: Stack, work: (stack: Stack) => Promise<Result>): Promise<Result> {
  if (!LOOPBACK.test(new URL(stack.publishedAt).hostname) || !(await isRemote(stack.host))) return work(stack);
  const { origin, close } = await relay(stack.webuiContainer);
  try {
    return await work({ ...stack, publishedAt: origin });
  } finally {
    close();
  }
}
