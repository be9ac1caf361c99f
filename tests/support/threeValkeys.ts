/** A stack with a Valkey on each of three nodes, people who wait for events, and what they notice while one is lost. */

import type { Socket } from 'socket.io-client';
import { until } from '../../core/until.ts';
import { opened, type Watched, watching } from './eventWatch.ts';
import { Client } from './gateway.ts';
import { wellOn } from './replicas.ts';
import type { SwarmNode } from './swarmNodes.ts';
import { SwarmValkeys } from './swarmValkeys.ts';
import { PORTS, ThreeNodes } from './threeNodes.ts';

/** Requests a second, and websockets, beside those that are watched. By default what two processors carry that run three engines, too. */
const RATE = Number(process.env['RATE'] ?? 10);
const SOCKETS = Number(process.env['SOCKETS'] ?? 50);

/** First port of a node at which a web UI answers by itself. */
const DIRECT = 28080;

export class ThreeValkeys {
  readonly nodes: ThreeNodes;
  readonly valkeys: SwarmValkeys;
  /** A user without events, and the websockets. */
  readonly #idle: Client;
  readonly #sockets: Socket[] = [];
  #reloads = 0;

  private constructor(nodes: ThreeNodes) {
    this.nodes = nodes;
    this.valkeys = new SwarmValkeys(nodes.swarm, nodes.life);
    this.#idle = new Client(PORTS.https, 'chat.test', nodes.swarm.manager.address);
  }

  /** Starts the engines; nothing of the stack is there yet. */
  static async start(topic: string): Promise<ThreeValkeys> {
    return new ThreeValkeys(await ThreeNodes.start(topic, { highAvailability: true }));
  }

  async stop(): Promise<void> {
    this.leave();
    this.#idle.close();
    await this.nodes.stop();
  }

  /** Opens the websockets of people for whom there are no events. */
  async come(): Promise<void> {
    if (this.#idle.token === undefined) {
      const person = { name: 'Idle', email: 'idle@example.com', password: 'Only-for-this-test-1' };
      await this.nodes.client.request('POST', '/api/v1/auths/add', { ...person, role: 'user' });
      await this.#idle.signIn(person.email, person.password);
    }
    for (let count = 0; count < SOCKETS; count++) this.#sockets.push(this.#reloading(await opened(this.#idle)));
  }

  /**
   * A websocket whose user reloads the page when the web UI has ended or refused it: the page does not try again by itself then. The web UI ends each
   * for which its check every 30 s fails, and refuses a new one for which it cannot write to Valkey.
   */
  #reloading(socket: Socket): Socket {
    const reload = () => {
      this.#reloads++;
      setTimeout(() => this.#sockets.includes(socket) && socket.connect(), 1000);
    };
    return socket
      .on('disconnect', (reason) => reason === 'io server disconnect' && reload())
      .on('connect_error', () => socket.active || reload());
  }

  /** Closes them. */
  leave(): void {
    for (const socket of this.#sockets.splice(0)) socket.close();
  }

  /** Where the web UIs on nodes answer past the gateway, in the order of the nodes. */
  async #direct(nodes: readonly SwarmNode[]): Promise<string[]> {
    const format = '{{range $id, $one := .Containers}}{{$id}} {{$one.IPv4Address}}\n{{end}}';
    const found = nodes.flatMap((node) => {
      // The bridge by which a node reaches its containers.
      const lines = node.docker('network', 'inspect', '--format', format, 'docker_gwbridge').split('\n');
      return wellOn(node, this.nodes.webui).flatMap((id) => {
        const address = lines.find((line) => line.startsWith(id))?.split(/[ /]/)[1];
        return address === undefined ? [] : [{ node, address }];
      });
    });
    return Promise.all(found.map(({ node, address }, index) => node.forward(DIRECT + index, address, 8080)));
  }

  /**
   * What people notice while something is done, with a web UI on each node and websockets when it begins. Events go from a web UI on
   * the last one of the nodes to a browser on the first one.
   *
   * @param nodes those that stay. Default: all
   */
  async watched(work: () => Promise<unknown>, nodes: readonly SwarmNode[] = this.nodes.swarm.nodes): Promise<Watched> {
    const { client } = this.nodes;
    await this.nodes.spread();
    await this.come();
    this.#reloads = 0;
    const urls = await this.#direct(nodes);
    const [to = '', from = ''] = [urls[0], urls.at(-1)];
    expect(from).not.toBe(to);
    const places = { gateway: client, from, to, rate: RATE, token: client.token ?? '' };
    const seen = await watching(places, work).finally(() => {
      this.leave();
      for (const node of nodes) node.endForwards();
    });
    const { failed, ...figures } = seen;
    const all = { ...figures, failed: failed.length, reloads: this.#reloads };
    process.stderr.write(`${expect.getState().currentTestName}: ${JSON.stringify(all)}\n`);
    return seen;
  }

  /** Fails unless there is one primary, each server is known once, all web UIs are subscribed, and all browsers connected. */
  async expectWhole(seconds?: number): Promise<void> {
    await this.valkeys.whole(seconds);
    await this.nodes.settled();
    const away = () => this.#sockets.filter(({ connected }) => !connected).length;
    expect(await until(away, (count) => count === 0, { seconds: 60 })).toBe(0);
    await this.nodes.expectVerified();
  }
}
