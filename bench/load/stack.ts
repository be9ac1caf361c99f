/** A stack of this project on which load is measured: deployed by `npm run up`, as people do. */

import { cpSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { INTERNAL_ROOT } from '../../core/gateway.ts';
import { WEBUI_PORT } from '../../core/webui.ts';
import type { Docker } from '../../docker/client.ts';
import type { Outputs } from '../../ops/outputs.ts';
import { run } from '../../system/exec.mjs';
import { freePort } from '../../system/ports.mjs';
import { Client, type Page } from './client.ts';

/** What load is measured with. */
export interface Machine {
  root: string;
  env: NodeJS.ProcessEnv;
  docker: Docker;
  /** Files and folders of which this project and its command line consist. */
  parts: readonly string[];
}

export type Block = Record<string, unknown>;

/** Settings of the stack whose images are built on this machine. Pulumi writes the project before their names when it deploys that stack. */
export const localSettings = (root: string): Record<string, Block> => {
  const { config } = parse(readFileSync(join(root, 'Pulumi.local.yaml'), 'utf8')) as { config: Record<string, Block> };
  return Object.fromEntries(Object.entries(config).map(([key, block]) => [key.replace(/^[^:]*:/, ''), block]));
};

/** The program in a folder of its own, which has the state as well. */
export function programIn({ root, env, parts }: Machine, folder: string, name: string) {
  const dir = mkdtempSync(join(folder, `${name}-`));
  for (const part of parts) cpSync(join(root, part), join(dir, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'));
  const own: NodeJS.ProcessEnv = {
    ...env,
    PULUMI_BACKEND_URL: `file://${dir}`,
    PULUMI_CONFIG_PASSPHRASE: 'of-a-measurement-only',
    PULUMI_SKIP_UPDATE_CHECK: 'true',
    CI: '',
  };
  return { dir, env: own };
}

/** Writes the settings of a stack into its file, which keeps what opens its secrets. */
export function writeStackFile(dir: string, name: string, config: Record<string, Block>): void {
  const file = join(dir, `Pulumi.${name}.yaml`);
  const { config: _, ...bindings } = parse(readFileSync(file, { encoding: 'utf8', flag: 'a+' })) ?? {};
  writeFileSync(file, stringify({ ...bindings, config }));
}

/** How a stack differs from the one whose images are built on this machine. */
export interface Variant {
  gateway: boolean;
  postgres: boolean;
}

export const DOMAIN = 'chat.test';

/** The settings of a variant, with ports that are free. */
async function configure({ root }: Machine, { gateway, postgres }: Variant): Promise<Record<string, Block>> {
  const local = localSettings(root);
  const publish = { http: await freePort(), https: await freePort(), address: '127.0.0.1' };
  return {
    ...local,
    database: { ...local['database'], kind: postgres ? 'postgres' : 'sqlite' },
    webui: { ...local['webui'], ...(!gateway && { publish: { port: await freePort() } }) },
    ...(gateway && { gateway: { ...local['gateway'], domain: DOMAIN, tls: 'internal', publish } }),
  };
}

export class LoadStack {
  readonly #machine: Machine;
  readonly #dir: string;
  readonly #name: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly config: Record<string, Block>;

  private constructor(machine: Machine, folder: string, name: string, config: Record<string, Block>) {
    this.#machine = machine;
    ({ dir: this.#dir, env: this.#env } = programIn(machine, folder, name));
    this.#name = name;
    this.config = config;
  }

  /** Deploys a variant in a folder of its own, works with it, and removes all of it. */
  static async with<Result>(
    machine: Machine,
    folder: string,
    variant: Variant,
    work: (stack: LoadStack) => Promise<Result>,
  ): Promise<Result> {
    const name = `load${process.pid}${variant.gateway ? 'g' : ''}${variant.postgres ? 'p' : ''}`;
    const stack = new LoadStack(machine, folder, name, await configure(machine, variant));
    try {
      await stack.up();
      return await work(stack);
    } finally {
      await stack.#npm('down', '--', '--volumes', '--stack', name);
    }
  }

  #npm(...args: string[]): Promise<string> {
    return run('npm', ['run', ...args], { cwd: this.#dir, env: this.#env });
  }

  /** Brings the stack to its settings, and proves it. */
  async up(): Promise<void> {
    writeStackFile(this.#dir, this.#name, this.config);
    await this.#npm('up', '--', '--stack', this.#name);
  }

  async #outputs(): Promise<Outputs> {
    const args = ['stack', 'output', '--json', '--show-secrets', '--stack', this.#name];
    return JSON.parse(await run('pulumi', args, { cwd: this.#dir, env: this.#env }));
  }

  /** Name of the web UI's container. */
  async container(): Promise<string> {
    return (await this.#outputs()).servers.webui.container;
  }

  /** The web UI itself, past whatever is published. Its address changes when it is replaced. */
  async server(): Promise<Page> {
    const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}';
    const addresses = await this.#machine.docker.run(['inspect', '--format', format, await this.container()]);
    return { origin: `http://${addresses.trim().split(' ')[0]}:${WEBUI_PORT}` };
  }

  /** The page as people open it. */
  async page(): Promise<Page> {
    const { gateway, webui } = (await this.#outputs()).servers;
    if (!gateway) return { origin: webui.publishedAt as string };
    const root = await this.#machine.docker.run(['exec', gateway.container, 'cat', INTERNAL_ROOT]);
    return { origin: gateway.origins[0] as string, address: '127.0.0.1', root };
  }

  /** A client of the page who has not signed in. */
  async visitor(): Promise<Client> {
    return new Client(await this.page());
  }

  /** A client of a page whose user is the first administrator. */
  async administrator(page: Page): Promise<Client> {
    const { adminEmail, adminPassword } = await this.#outputs();
    const client = new Client(page);
    await client.signIn(adminEmail, adminPassword);
    return client;
  }
}
