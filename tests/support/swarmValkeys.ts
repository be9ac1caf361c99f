/** A Valkey of several servers on the nodes of a Swarm, as a test sees it. */

import { until } from '../../core/until.ts';
import { serverNames } from '../../core/valkey.ts';
import { connect } from '../../docker/client.ts';
import { fault, lookAtAll, type Seen } from '../../ops/valkeys.ts';
import type { Deployment } from './deployment.ts';
import { wellOn } from './replicas.ts';
import type { SwarmNode, SwarmNodes } from './swarmNodes.ts';

/** A server with the node on which it runs. */
interface Place {
  service: string;
  node: SwarmNode;
  container: string;
}

export class SwarmValkeys {
  readonly #swarm: SwarmNodes;
  readonly #life: Deployment;

  constructor(swarm: SwarmNodes, life: Deployment) {
    this.#swarm = swarm;
    this.#life = life;
  }

  get services(): string[] {
    return serverNames(this.#life.valkey);
  }

  /** Where a server runs now, by its service. @throws Error when it runs nowhere. */
  place(service: string, nodes: readonly SwarmNode[] = this.#swarm.nodes): Place {
    const found = nodes.flatMap((node) =>
      node
        .docker('ps', '--quiet', '--filter', `label=com.docker.swarm.service.name=${service}`)
        .split('\n')
        .filter(Boolean)
        .map((container) => ({ service, node, container })),
    );
    const [place] = found;
    if (!place) throw new Error(`${service} runs nowhere`);
    return place;
  }

  /** The stack's Valkey by the container of the first server, which is on the manager. */
  async #valkeys() {
    const { password } = await this.#life.operator();
    const { manager } = this.#swarm;
    const [first = ''] = this.services;
    const running = manager.docker('ps', '--quiet', '--filter', `label=com.docker.swarm.service.name=${first}`);
    return {
      ...{ container: running.split('\n')[0] || 'none', operatorPassword: password },
      several: { servers: this.services.map((service) => ({ container: '', service })) },
    };
  }

  get #docker() {
    return connect({ address: this.#swarm.manager.host }, process.env);
  }

  look = async (): Promise<Seen[]> => lookAtAll(this.#docker, await this.#valkeys());

  /** Names of those that call themselves the primary and are followed. */
  primaries = async (): Promise<string[]> =>
    (await this.look()).filter(({ role, followers }) => role === 'master' && followers > 0).map(({ name }) => name);

  /** The service of the one primary. @throws Error when there is not one. */
  async primary(seconds = 60): Promise<string> {
    const all = await until(this.primaries, (found) => found.length === 1, { seconds, everyMs: 200 });
    if (all.length !== 1) throw new Error(`there is not one primary, but ${all.join(' and ') || 'none'}`);
    return all[0] as string;
  }

  /** Waits until another server than `before` is the only primary. @throws Error when that does not come. */
  async taken(before: string, seconds = 30): Promise<string> {
    const all = await until(this.primaries, (found) => found.length === 1 && found[0] !== before, {
      ...{ seconds, everyMs: 200 },
    });
    if (all.length !== 1 || all[0] === before)
      throw new Error(`after ${seconds} s the primary is ${all.join(' and ')}`);
    return all[0] as string;
  }

  /** Waits until nothing is wrong with the servers. @throws Error with what it is. */
  async whole(seconds = 120): Promise<void> {
    const wrong = await until(
      async () => fault(this.#docker, await this.#valkeys()),
      (found) => found === undefined,
      { seconds, everyMs: 500 },
    );
    if (wrong !== undefined) throw new Error(`after ${seconds} s: ${wrong}`);
  }

  /** Makes a server on a worker the primary, by planned failovers. */
  async moveToWorker(): Promise<Place> {
    const [first = ''] = this.services;
    for (let tries = 0; tries < 20; tries++) {
      const primary = await this.primary();
      if (primary !== first) return this.place(primary);
      const { node, container } = this.place(primary);
      const { password } = await this.#life.operator();
      const input = `AUTH operator ${password}\nSENTINEL FAILOVER valkey\n`;
      node.docker('exec', container, 'sh', '-c', `printf '${input}' | valkey-cli -p 26379`);
      await until(this.primaries, (found) => found.length === 1 && found[0] !== first, { seconds: 10 });
      // A Sentinel waits some seconds until it tells the one before, whose clients get no events until then.
      await this.whole();
    }
    throw new Error('the first server stays the primary');
  }

  /** Sends a signal to the server of a service, and not to the Sentinel beside it. */
  signal(service: string, name: 'KILL' | 'STOP'): void {
    const { node, container } = this.place(service);
    const script = `for p in /proc/[0-9]*; do
  if tr '\\0' ' ' < $p/cmdline 2> /dev/null | grep -q '^valkey-server .*:6379'; then kill -${name} "\${p#/proc/}"; exit; fi
done; exit 1`;
    node.docker('exec', container, 'sh', '-c', script);
  }

  /** Containers of the balancers that are well, by nodes. */
  balancers = (): string[][] => this.#swarm.nodes.map((node) => wellOn(node, `${this.#life.valkey}-balancer`));
}
