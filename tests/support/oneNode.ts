/** A stack with Postgres and a gateway on an engine of its own, which is in no Swarm yet: what Swarm is to one host. */

import { DATABASE_IMAGE, Deployment } from './deployment.ts';
import { Client, GATEWAY_IMAGE, requireGatewayImage } from './gateway.ts';
import { during, settledOn, wellOn } from './replicas.ts';
import { SecondEngine } from './secondEngine.ts';

const PORTS = { http: 24080, https: 24443 };

/** Requests a second while something changes. */
export const RATE = 15;

export class OneNode {
  readonly engine: SecondEngine;
  readonly life: Deployment;
  /** A browser that reaches the gateway. */
  readonly client: Client;
  /** Name of the web UI's service, container and volume. */
  readonly webui: string;

  private constructor(engine: SecondEngine, life: Deployment) {
    this.engine = engine;
    this.life = life;
    this.webui = life.webui;
    this.client = new Client(PORTS.https, 'chat.test', engine.far);
    const { publish: _, ...page } = life.config.webui;
    Object.assign(life.config, {
      host: engine.tls,
      webui: { ...page, healthcheck: { startPeriod: '5m' } },
      database: { kind: 'postgres', image: DATABASE_IMAGE },
      gateway: { image: GATEWAY_IMAGE, domain: 'chat.test', tls: 'internal', publish: PORTS },
    });
  }

  /** Starts the engine; nothing of the stack is there yet. */
  static async start(topic: string): Promise<OneNode> {
    await requireGatewayImage();
    const engine = await SecondEngine.start();
    try {
      engine.load([DATABASE_IMAGE, GATEWAY_IMAGE]);
      return new OneNode(engine, await Deployment.create(topic));
    } catch (error) {
      await engine.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.client.close();
    await this.life.remove();
    await this.engine.stop();
  }

  /** Lets services run so many web UIs from the next update on, in a Swarm that it makes. */
  useSwarm(replicas: number): void {
    const { config } = this.life;
    Object.assign(config, {
      platform: { kind: 'swarm', init: true },
      webui: { ...config.webui, replicas },
    });
  }

  /** Lets containers run, one web UI of them, from the next update on. */
  useDocker(): void {
    const { config } = this.life;
    Object.assign(config, { platform: 'docker', webui: { ...config.webui, replicas: 1 } });
  }

  /** Signs the administrator in; the client is theirs from then on. */
  async signIn(): Promise<void> {
    const { adminEmail, adminPassword } = await this.life.outputs();
    await this.client.signIn(adminEmail, adminPassword);
  }

  /** Ids of the web UI's containers that are well now. */
  instances = (): string[] => wellOn(this.engine, this.webui);

  /** The same once there are so many, and no other. */
  async settled(count: number): Promise<string[]> {
    return (await settledOn([this.engine], this.webui, count)).flat().sort();
  }

  /** What failed of the requests through the gateway while something was done. */
  failedDuring = async (work: () => Promise<unknown>): Promise<string[]> =>
    (await during({ client: this.client, rate: RATE }, work)).failed;

  /** Fails with what `verify` does not find well. */
  async expectVerified() {
    const report = await this.life.verify();
    expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
    return report;
  }

  /** What a command of the project prints. @throws Error with all of that, when it fails. */
  async command(name: string, ...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.life.command(name, args);
    if (code !== 0) throw new Error(`${name} ended with ${code}:\n${stdout}\n${stderr}`);
    return stdout + stderr;
  }
}
