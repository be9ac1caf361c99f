/** That a page on the loopback address of another machine is reached by way of its engine, whatever names that engine. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectTo, type Socket } from 'node:net';
import { type Stack, stackOf } from '../../ops/outputs.ts';
import { withPage } from '../../ops/relay.ts';
import { Engine, Page, standInStack } from '../support/standIn.ts';

const here = 'http://127.0.0.1:3000';

/** The stack as a command sees it whose environment names an engine. */
function seen(env: NodeJS.ProcessEnv, publishedAt = here): Stack {
  const { name: _, docker: __, pulumi: ___, ...outputs } = standInStack(new Engine(new Page()), publishedAt);
  const stack = stackOf({ root: '.', stack: 'test', env }, outputs);
  if (!stack) throw new Error('not deployed');
  return stack;
}

const originOf = async (stack: Stack) => withPage(stack, async ({ servers }) => servers.webui.publishedAt);

it.each(['tcp://docker.example.com:2376', 'ssh://deploy@docker.example.com'])(
  'goes through the engine at %s, which DOCKER_HOST names',
  async (address) => {
    expect(await originOf(seen({ DOCKER_HOST: address }))).not.toBe(here);
    expect(await originOf(seen({ DOCKER_HOST: address }, 'http://10.1.2.3:3000'))).toBe('http://10.1.2.3:3000');
  },
);

it('goes straight to the page of this machine', async () => {
  expect(await originOf(seen({ DOCKER_HOST: 'unix:///var/run/docker.sock' }))).toBe(here);
});

it('goes through the engine to a page that is not published, on this machine as well', async () => {
  const stack = seen({ DOCKER_HOST: 'unix:///var/run/docker.sock' });
  const { publishedAt: _, ...webui } = stack.servers.webui;
  expect(await originOf({ ...stack, servers: { ...stack.servers, webui } })).toMatch(
    /^http:\/\/127\.0\.0\.1:(?!3000$)\d+$/,
  );
});

it('ends connections that are still open, and their commands', async () => {
  const stack = seen({ DOCKER_HOST: 'tcp://docker.example.com:2376' });
  const children: ChildProcess[] = [];
  const start = () => {
    const child = spawn('cat');
    children.push(child);
    return child;
  };
  let socket: Socket | undefined;
  const echo = await withPage({ ...stack, docker: { ...stack.docker, start } }, async ({ servers }) => {
    const { hostname, port } = new URL(servers.webui.publishedAt);
    socket = connectTo(Number(port), hostname);
    socket.on('error', () => {}).write('hello');
    const [text] = (await once(socket, 'data')) as [Buffer];
    return text.toString();
  });
  expect(echo).toBe('hello');
  for (const child of children) if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  if (!socket?.closed) await once(socket as Socket, 'close');
  expect(children.map(({ signalCode }) => signalCode)).toEqual(['SIGTERM']);
});
