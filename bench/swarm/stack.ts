/** A stack of several web UIs on a Swarm of one node, which `pulumi up` changes. */

import { until } from '../../core/until.ts';
import { SERVICE_LABEL } from '../../docker/services.ts';
import type { Outputs } from '../../ops/outputs.ts';
import { run } from '../../system/exec.mjs';
import { Client } from '../load/client.ts';
import { type Block, DOMAIN, localSettings, type Machine, programIn, writeStackFile } from '../load/stack.ts';
import type { Place } from './engine.ts';

/** At the address of the engine, which nothing else has. */
const PORTS = { http: 28080, https: 28443 };

/** Enough connections for all that is previewed: their number must not be what differs. */
const DATABASE_MEMORY = '5 GiB';

/** How long a web UI may take to be replaced on a machine that is busy. */
const SECONDS = 180;

/** The servers of a stack, by what the page calls them. */
export const PARTS = ['web UI', 'gateway', 'Postgres', 'Valkey'] as const;
export type Part = (typeof PARTS)[number];

/** Ids of the containers of each part. */
export type Containers = Readonly<Record<Part, readonly string[]>>;

export class SwarmStack {
  readonly #dir: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #name = `swarm${process.pid}`;
  readonly place: Place;
  readonly config: Record<string, Block>;

  /** @param folder gets the program and its state. */
  constructor(machine: Machine, folder: string, place: Place) {
    ({ dir: this.#dir, env: this.#env } = programIn(machine, folder, this.#name));
    const local = localSettings(machine.root);
    this.place = place;
    this.config = {
      ...local,
      ...{ host: place.host, platform: { kind: 'swarm', init: true } },
      webui: { ...local['webui'], replicas: 1 },
      database: { ...local['database'], kind: 'postgres', memory: DATABASE_MEMORY },
      gateway: { ...local['gateway'], domain: DOMAIN, tls: 'internal', publish: PORTS },
    };
  }

  #pulumi(...args: string[]): Promise<string> {
    writeStackFile(this.#dir, this.#name, this.config);
    const all = [...args, '--stack', this.#name, '--non-interactive'];
    return run('pulumi', all, { cwd: this.#dir, env: this.#env });
  }

  /** Creates the stack in its state; to be called once. */
  async init(): Promise<void> {
    await run('pulumi', ['stack', 'init', this.#name, '--non-interactive'], { cwd: this.#dir, env: this.#env });
  }

  /** Another setting of the web UI, from the next update on. */
  set(settings: Block): void {
    this.config['webui'] = { ...this.config['webui'], ...settings };
  }

  up = (): Promise<string> => this.#pulumi('up', '--yes', '--skip-preview');

  preview = (): Promise<string> => this.#pulumi('preview');

  async #outputs(): Promise<Outputs> {
    return JSON.parse(await this.#pulumi('stack', 'output', '--json', '--show-secrets'));
  }

  /** A client of the page whose user is the first administrator. */
  async administrator(): Promise<Client> {
    const origin = `https://${DOMAIN}:${PORTS.https}`;
    const client = new Client({ origin, address: this.place.address, anyCertificate: true });
    const { adminEmail, adminPassword } = await this.#outputs();
    await client.signIn(adminEmail, adminPassword);
    return client;
  }

  async #tasks(service: string | undefined, ...filters: string[]): Promise<string[]> {
    const all = [`label=${SERVICE_LABEL}=${service}`, ...filters].flatMap((filter) => ['--filter', filter]);
    return (await this.place.docker.run(['ps', '--quiet', '--no-trunc', ...all])).split('\n').filter(Boolean);
  }

  async containers(): Promise<Containers> {
    const { webui, gateway, database, valkey } = (await this.#outputs()).servers;
    return {
      'web UI': await this.#tasks(webui.service),
      gateway: await this.#tasks(gateway?.service),
      Postgres: await this.#tasks(database?.service),
      Valkey: await this.#tasks(valkey.service),
    };
  }

  /** Does something while no web UI runs, and brings back as many as there were. */
  async withoutWebuis<Result>(work: () => Promise<Result>): Promise<Result> {
    const { service, replicas = 1 } = (await this.#outputs()).servers.webui;
    const scale = (count: number) => this.place.docker.run(['service', 'scale', '--detach', `${service}=${count}`]);
    await scale(0);
    try {
      const left = await until(
        () => this.#tasks(service),
        (ids) => ids.length === 0,
        { seconds: SECONDS, everyMs: 500 },
      );
      if (left.length > 0) throw new Error(`${left.length} web UIs do not end`);
      return await work();
    } finally {
      await scale(replicas);
      await this.well(replicas);
    }
  }

  /** Waits until so many web UIs are well, without one of them. @throws Error when they do not become it. */
  async well(count: number, without?: string): Promise<readonly string[]> {
    const { service } = (await this.#outputs()).servers.webui;
    const are = (ids: readonly string[]) => ids.length === count && !ids.some((id) => id === without);
    const found = await until(() => this.#tasks(service, 'health=healthy'), are, { seconds: SECONDS, everyMs: 500 });
    if (!are(found)) throw new Error(`${found.length} of ${count} web UIs are well`);
    return found;
  }
}
