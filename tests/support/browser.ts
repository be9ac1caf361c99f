/** A real browser, without a window, that trusts one authority more and finds the domains of a gateway on this machine. */

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page, type Browser as Running } from 'playwright-core';
import { isRoot } from '../../setup/apt.ts';
import { type Browser, provideBrowser } from '../../setup/browser.ts';

export interface Opening {
  /** Certificate of an authority that it trusts, as PEM. Default: none */
  root?: string;
  /** Names that are on this machine, though no DNS knows them. */
  domains: readonly string[];
  /** Ports of this machine that it reaches. */
  ports: readonly number[];
}

/** For a browser that starts on a busy machine. */
const START_MS = 60_000;

/** A command that becomes the browser, in a network of its own, which is a loopback and nothing else. */
const isolated = ({ ip, unshare, chromium: file }: Browser, dir: string, ports: readonly number[]) => `#!/bin/sh
exec ${unshare} --net ${isRoot() ? '' : '--map-root-user '}/bin/sh -euc '
  ${ip} link set lo up
  ${process.execPath} ${join(__dirname, 'loopback.mjs')} ${dir} ${ports.join(' ')} < /dev/null > /dev/null 2>&1 3<&- 4>&- &
  exec ${file} "$@"
' sh "$@"
`;

/** What leads out of that network, and keeps what leads into it alive. */
class Ways {
  readonly #servers: Server[] = [];
  readonly #open = new Set<Socket>();

  async listen(path: string, onConnection: (socket: Socket) => void): Promise<Server> {
    const server = createServer((socket) => {
      this.#keep(socket);
      onConnection(socket);
    }).listen(path);
    this.#servers.push(server);
    await once(server, 'listening');
    return server;
  }

  async lead(path: string, port: number): Promise<void> {
    await this.listen(path, (inside) => {
      const outside = this.#keep(connect(port, '127.0.0.1'));
      inside.pipe(outside).pipe(inside);
      inside.on('close', () => outside.destroy());
      outside.on('close', () => inside.destroy());
    });
  }

  #keep(socket: Socket): Socket {
    this.#open.add(socket);
    return socket.on('error', () => socket.destroy()).on('close', () => this.#open.delete(socket));
  }

  close(): void {
    for (const server of this.#servers) server.close();
    for (const socket of this.#open) socket.destroy();
  }
}

/** One person's browser. Its tabs share what the page keeps in it, as tabs do. */
export class Person {
  readonly #dir: string;
  readonly #ways: Ways;
  readonly #browser: Running;
  readonly #context: BrowserContext;

  private constructor(dir: string, ways: Ways, browser: Running, context: BrowserContext) {
    this.#dir = dir;
    this.#ways = ways;
    this.#browser = browser;
    this.#context = context;
  }

  /**
   * Opens one.
   *
   * The authority is in the certificate store of a home folder that only this browser has, as administrators add theirs. So the chain, the name
   * and the dates of a certificate are judged as everywhere; a flag that ignores errors would let any certificate pass.
   *
   * Chromium drops all of its connections when a network of the machine comes or goes (ERR_NETWORK_CHANGED), as they do with every container. So
   * it has a network of its own, from which ports of this machine's loopback are reached.
   */
  static async open({ root, domains, ports }: Opening): Promise<Person> {
    const programs = await provideBrowser(process.env, () => {});
    const dir = mkdtempSync(join(tmpdir(), 'open-webui-browser-'));
    const ways = new Ways();
    try {
      trust(programs, dir, root);
      for (const port of ports) await ways.lead(join(dir, `${port}`), port);
      const inside = once(await ways.listen(join(dir, 'life'), () => {}), 'connection', {
        signal: AbortSignal.timeout(START_MS),
      });
      const command = join(dir, 'browser');
      writeFileSync(command, isolated(programs, dir, ports), { mode: 0o755 });
      const launched = chromium.launch({
        executablePath: command,
        env: { ...process.env, HOME: dir },
        // Root has none.
        chromiumSandbox: false,
        timeout: START_MS,
        args: [`--host-resolver-rules=${domains.map((name) => `MAP ${name} 127.0.0.1`).join(',')}`],
      });
      const [browser] = await Promise.all([launched, inside]);
      return new Person(dir, ways, browser, await browser.newContext({ locale: 'en-US' }));
    } catch (error) {
      ways.close();
      rmSync(dir, { recursive: true, force: true });
      throw error;
    }
  }

  tab = (): Promise<Page> => this.#context.newPage();

  async close(): Promise<void> {
    await this.#browser.close();
    this.#ways.close();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

/** Puts an authority into the certificate store of a home folder. */
function trust({ certutil }: Browser, home: string, root: string | undefined): void {
  const store = join(home, '.pki', 'nssdb');
  mkdirSync(store, { recursive: true });
  const run = (args: string[], input?: string) => execFileSync(certutil, ['-d', `sql:${store}`, ...args], { input });
  run(['-N', '--empty-password']);
  if (root) run(['-A', '-a', '-n', 'authority of the test', '-t', 'C,,'], root);
}

/** What happens on the websockets of a tab from now on. */
export function watch(page: Page): { received: string[]; closed: number } {
  const seen: ReturnType<typeof watch> = { received: [], closed: 0 };
  page.on('websocket', (socket) => {
    socket.on('framereceived', ({ payload }) => seen.received.push(String(payload)));
    socket.on('close', () => seen.closed++);
  });
  return seen;
}
