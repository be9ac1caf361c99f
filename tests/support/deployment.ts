import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { automation } from '@pulumi/pulumi';
import { parse, stringify } from 'yaml';
import { OPERATOR } from '../../core/valkey.ts';
import { WEBUI_SECRETS } from '../../core/webui.ts';
import type { Outputs } from '../../ops/outputs.ts';
import { Session } from '../../ops/webui.ts';
import { readStackFile } from '../../settings/file.ts';
import { copyProgram, linkPackages, root } from './checkout.ts';
import { docker, freePort, removeObjectsOf, requireEngine, testStack, valkeyAs } from './docker.ts';

const local = readStackFile(join(root, 'Pulumi.local.yaml'), 'open-webui', 'local');

/** The images that are built where no registry answers. */
export const IMAGES = { valkey: local.valkey.image, webui: local.webui.image };
/** That of the balancer before several Valkeys, which few stacks have. */
export const BALANCER = local.valkey.balancer.image;
/** That of Postgres, which few tests need. */
export const POSTGRES = local.database.image;

/** The same of Postgres, which few stacks have. */
export const DATABASE_IMAGE = local.database.image;

export type Config = Record<'network' | 'valkey' | 'webui', Record<string, unknown>> & {
  hardening?: string;
  platform?: unknown;
  database?: Record<string, unknown>;
  storage?: Record<string, unknown>;
  gateway?: Record<string, unknown>;
  host?: Record<string, unknown>;
  registries?: Record<string, Record<string, unknown>>;
};

/** One operation of an update, as Pulumi's engine names it: "create chat-webui-container". */
export type Operation = `${string} ${string}`;

/** What an update or a preview has done, by the log of its events, without what stayed the same. */
function operationsOf(log: string): Operation[] {
  const events = readFileSync(log, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as automation.EngineEvent);
  return events
    .flatMap(({ resourcePreEvent: event }): Operation[] => {
      // What exists somewhere; components and providers are only notes in the state.
      if (!event || event.metadata.op === 'same' || !/^(docker|random):/.test(event.metadata.type)) return [];
      return [`${event.metadata.op} ${event.metadata.urn.split('::').at(-1)}`];
    })
    .sort();
}

/** Settings that make each `pulumi` of a test independent of who runs it. */
export const pulumiEnvironment = (dir: string): Record<string, string> => ({
  PULUMI_BACKEND_URL: `file://${dir}`,
  PULUMI_CONFIG_PASSPHRASE: 'only for this test',
  PULUMI_SKIP_UPDATE_CHECK: 'true',
  // A pipeline has no lasting place for backups in a test.
  CI: '',
  // Set by Pulumi in whatever it starts; a nested run would take them for its own.
  PULUMI_CONFIG: '',
});

/** The program in a folder of its own, with a state, a stack, names and ports that nothing else uses. */
export class Deployment {
  readonly stack: string;
  readonly dir: string;
  readonly port: number;
  /** Names of its two containers, of its network, and of Valkey's volume; the web UI's volume is called like its container. */
  readonly valkey: string;
  readonly webui: string;
  readonly network: string;
  readonly valkeyVolume: string;
  readonly env: Record<string, string>;
  config: Config;
  /** What Pulumi printed in the last update or plan. */
  said = '';
  #state: Promise<unknown> | undefined;
  #outputs: Outputs | undefined;

  private constructor(topic: string, port: number) {
    this.stack = testStack(topic);
    this.port = port;
    this.valkey = `redis-valkey-${this.stack}`;
    this.webui = `open-webui-${this.stack}`;
    this.network = `openwebui-network-${this.stack}`;
    this.valkeyVolume = `redis-data-${this.stack}`;
    this.dir = mkdtempSync(join(tmpdir(), `open-webui-${topic}-`));
    copyProgram(this.dir);
    linkPackages(this.dir);
    this.config = {
      network: {},
      valkey: { image: IMAGES.valkey },
      webui: { image: IMAGES.webui, publish: { port } },
    };
    this.env = pulumiEnvironment(this.dir);
    this.writeConfig();
  }

  static async create(topic: string): Promise<Deployment> {
    await requireEngine();
    return new Deployment(topic, await freePort());
  }

  get #file(): string {
    return join(this.dir, `Pulumi.${this.stack}.yaml`);
  }

  /** Writes the present configuration into the stack file, which keeps what opens its secrets. */
  writeConfig(): void {
    const { config: _, ...bindings } = existsSync(this.#file) ? parse(readFileSync(this.#file, 'utf8')) : {};
    writeFileSync(this.#file, stringify({ ...bindings, config: this.config }));
  }

  /** Sets an encrypted value as people do. */
  async setSecret(path: string, value: string): Promise<void> {
    await this.pulumi(['config', 'set', '--secret', '--path', path, value]);
    this.readConfig();
  }

  /** Takes the configuration from the stack file, which a command has changed. */
  readConfig(): void {
    const { config } = parse(readFileSync(this.#file, 'utf8')) as { config: Record<string, unknown> };
    const bare = Object.entries(config).map(([key, value]) => [key.replace(/^.*:/, ''), value]);
    this.config = { ...this.config, ...Object.fromEntries(bare) };
  }

  /** A stack file of the repository, with images, names and port of this test instead of its own. */
  takeFrom(stack: string): void {
    const { config } = parse(readFileSync(join(root, `Pulumi.${stack}.yaml`), 'utf8')) as { config: Partial<Config> };
    const { network, valkey, webui, database, ...rest } = config;
    const own = ({ name: _name, volume: _volume, ...others }: Record<string, unknown> = {}) => others;
    this.config = {
      ...rest,
      ...(database && { database: { ...database, image: DATABASE_IMAGE } }),
      network: own(network),
      valkey: { ...own(valkey), ...this.config.valkey },
      webui: { ...own(webui), ...this.config.webui },
    };
    this.writeConfig();
  }

  /** Where the page is published. */
  get origin(): string {
    const { address = '127.0.0.1', port } = this.config.webui['publish'] as { address?: string; port: number };
    return `http://${address}:${port}`;
  }

  /** Creates the stack, with nothing in it, where that has not been done yet. */
  async init(): Promise<void> {
    this.#state ??= this.#pulumi(['stack', 'init', this.stack]);
    await this.#state;
  }

  #pulumi = (args: string[], env: Record<string, string> = {}): Promise<string> =>
    this.succeed('pulumi', [...args, '--non-interactive', '--color', 'never'], env);

  /**
   * Runs Pulumi on the stack with the present configuration; returns what it prints.
   *
   * @throws Error with all of that, when it fails.
   */
  async pulumi(args: string[], env: Record<string, string> = {}): Promise<string> {
    await this.init();
    // `stack init` writes into the stack file; what a test has put there counts.
    this.writeConfig();
    return this.#pulumi([...args, '--stack', this.stack], env);
  }

  /** Applies the present configuration; returns what was done, without what stayed the same. */
  up = (): Promise<Operation[]> => this.#operations('up', '--yes', '--skip-preview');

  /** What an update with the present configuration would do, without what would stay the same. */
  planned = (): Promise<Operation[]> => this.#operations('preview');

  async #operations(...command: string[]): Promise<Operation[]> {
    const log = join(this.dir, 'operations.json');
    rmSync(log, { force: true });
    try {
      this.said = await this.pulumi([...command, '--event-log', log], { PULUMI_DEBUG_COMMANDS: 'true' });
    } catch (error) {
      this.said = (error as Error).message;
      throw error;
    }
    return operationsOf(log);
  }

  preview = (...flags: string[]): Promise<string> => this.pulumi(['preview', ...flags]);

  /** Fails when a preview shows a change. */
  expectUnchanged = (...flags: string[]): Promise<string> => this.preview('--expect-no-changes', ...flags);

  /** Fails when the engine is not as Pulumi recorded it. */
  expectNoDrift = (): Promise<string> => this.pulumi(['refresh', '--yes', '--skip-preview', '--expect-no-changes']);

  destroy = (): Promise<string> => this.pulumi(['destroy', '--yes', '--skip-preview']);

  /** Runs a program in the folder; never fails by itself. */
  async run(program: string, args: string[], env: Record<string, string> = {}) {
    this.#outputs = undefined;
    const options = { cwd: this.dir, env: { ...process.env, ...this.env, ...env }, maxBuffer: 64 * 1024 * 1024 };
    return promisify(execFile)(program, args, options).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, stdout, stderr }),
    );
  }

  /**
   * Runs a program in the folder; returns what it prints.
   *
   * @throws Error with all of that, when it fails.
   */
  async succeed(program: string, args: string[], env: Record<string, string> = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(program, args, env);
    if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${stdout}\n${stderr}`);
    return stdout;
  }

  /** Runs a command of the project on the stack: `npm run NAME -- --stack STACK ARGS`; never fails by itself. */
  command = (name: string, args: readonly string[] = [], env: Record<string, string> = {}) =>
    this.run('node', ['cli/main.ts', name, '--stack', this.stack, ...args], env);

  /** `npm run verify -- --json`, with what it reports by the name of the check. */
  async verify(env: Record<string, string> = {}) {
    const { code, stdout, stderr } = await this.command('verify', ['--json'], env);
    if (!stdout) throw new Error(`verify printed nothing: ${stderr}`);
    const report = JSON.parse(stdout) as {
      ok: boolean;
      notProved: string[];
      checks: { name: string; ok: boolean; detail: string; notProved?: string; next?: string }[];
    };
    return { code, stdout, ...report, check: (name: string) => report.checks.find((one) => one.name === name) };
  }

  /** What of `verify` fails, or could not be proved. */
  failedChecks = async () => (await this.verify()).checks.filter(({ ok, notProved }) => !ok || notProved);

  /** Outputs, secrets included, as of the last command, which may have changed them. */
  async outputs(): Promise<Outputs> {
    if (this.#outputs) return this.#outputs;
    const text = await this.#pulumi(['stack', 'output', '--json', '--show-secrets', '--stack', this.stack]);
    this.#outputs = JSON.parse(text) as Outputs;
    return this.#outputs;
  }

  /** Outputs as every reader sees them, with `[secret]` for each secret. */
  shownOutputs = async (): Promise<unknown> =>
    JSON.parse(await this.#pulumi(['stack', 'output', '--json', '--stack', this.stack]));

  /** What the web UI's container knows: from the file that only its root can read. */
  async secretEnv(): Promise<Record<string, string>> {
    const file = await docker('exec', this.webui, 'cat', WEBUI_SECRETS);
    return Object.fromEntries([...file.matchAll(/^(\w+)='(.*)'$/gm)].map(([, name, value]) => [name, value]));
  }

  /** The user by which the web UI signs in to Valkey. */
  async application(): Promise<{ name: string; password: string }> {
    const { username: name, password } = new URL((await this.secretEnv())['REDIS_URL'] as string);
    return { name, password };
  }

  /** The user of Valkey by which the commands sign in. */
  async operator(): Promise<{ name: string; password: string }> {
    return { name: OPERATOR, password: (await this.outputs()).servers.valkey.operatorPassword };
  }

  /** Signs the administrator in. */
  async administrator(): Promise<Session> {
    const { adminEmail, adminPassword } = await this.outputs();
    return Session.signIn(this.origin, adminEmail, adminPassword);
  }

  /** What the web UI tells a signed-in browser that it can do. */
  async features(): Promise<Record<string, boolean>> {
    const session = await this.administrator();
    return ((await session.request('GET', '/api/config')) as { features: Record<string, boolean> }).features;
  }

  /** Every generated secret. */
  async secrets(): Promise<string[]> {
    const { adminPassword, servers } = await this.outputs();
    const { WEBUI_SECRET_KEY: sessionKey = '' } = await this.secretEnv();
    return [adminPassword, servers.valkey.operatorPassword, sessionKey, (await this.application()).password];
  }

  /**
   * What Valkey has refused to the web UI or to the operator since it started, as "user: reason object": nothing, as long as each has
   * the rights that it needs. A wrong password is no lack of rights.
   */
  async refused(): Promise<string[]> {
    const running = (await docker('ps', '--filter', `name=^${this.valkey}$`, '--format', '{{.Names}}')) !== '';
    if (!running || this.config.valkey['auth'] === false) return [];
    const log = await valkeyAs({ container: this.valkey }, await this.operator(), 'ACL', 'LOG');
    const field = (entry: string, name: string) => new RegExp(`^${name}\\n(.*)$`, 'm').exec(entry)?.[1] ?? '';
    return log
      .split(/^(?=count$)/m)
      .filter((entry) => entry && field(entry, 'username') !== 'default' && field(entry, 'reason') !== 'auth')
      .map((entry) => `${field(entry, 'username')}: ${field(entry, 'reason')} ${field(entry, 'object')}`);
  }

  /** Removes all that this deployment has made anywhere; throws afterwards when the web UI lacked a right in Valkey all the time. */
  async remove(): Promise<void> {
    const refused = await this.refused().catch((error: Error) => [error.message]);
    await removeObjectsOf(this.stack);
    rmSync(this.dir, { recursive: true, force: true });
    if (refused.length > 0) throw new Error(`Valkey has refused:\n${refused.join('\n')}`);
  }
}
