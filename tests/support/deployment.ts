import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { automation } from '@pulumi/pulumi';
import { parse, stringify } from 'yaml';
import { Session } from '../../ops/webui.ts';
import { docker, freePort, removeObjectsOf, requireEngine, testStack, valkeyAs } from './docker.ts';

const root = join(__dirname, '..', '..');

/** What the program and its commands consist of; a stack's own file is written beside the copy. */
export const PARTS = [
  'Pulumi.yaml',
  'package.json',
  'package-lock.json',
  'index.ts',
  'settings.ts',
  'settings',
  'components',
  'ops',
  'bootstrap',
  'policy',
];

/** The images that are built where none can be pulled; their names as `Pulumi.local.yaml` has them. */
export const IMAGES = { valkey: 'local/valkey:8.1-debian', webui: 'local/open-webui:0.12.4-pypi' };

export type Config = Record<'network' | 'valkey' | 'webui', Record<string, unknown>> & {
  hardening?: string;
  host?: Record<string, unknown>;
};

/** One operation of an update, as the engine told it. */
export type Operation = `${string} ${string}`;

/** The program in a folder of its own, with a state, a stack, names and ports that nothing else uses. */
export class Deployment {
  readonly stack: string;
  readonly dir: string;
  readonly port: number;
  /** Names of its two containers. */
  readonly valkey: string;
  readonly webui: string;
  readonly env: Record<string, string>;
  config: Config;
  /** What Pulumi has said in the last update. */
  said = '';
  #outputs: automation.OutputMap | undefined;

  private constructor(topic: string, port: number) {
    this.stack = testStack(topic);
    this.port = port;
    this.valkey = `redis-valkey-${this.stack}`;
    this.webui = `open-webui-${this.stack}`;
    this.dir = mkdtempSync(join(tmpdir(), `open-webui-${topic}-`));
    for (const part of PARTS) cpSync(join(root, part), join(this.dir, part), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(this.dir, 'node_modules'));
    this.config = {
      network: {},
      valkey: { image: IMAGES.valkey },
      webui: { image: IMAGES.webui, publish: { port } },
    };
    this.env = {
      PULUMI_BACKEND_URL: `file://${this.dir}`,
      PULUMI_CONFIG_PASSPHRASE: 'only for this test',
      PULUMI_SKIP_UPDATE_CHECK: 'true',
      // Set by Pulumi in whatever it starts; a nested run would take them for its own.
      PULUMI_CONFIG: '',
    };
    this.writeConfig();
  }

  static async create(topic: string): Promise<Deployment> {
    await requireEngine();
    return new Deployment(topic, await freePort());
  }

  /** Writes the stack file anew. */
  writeConfig(): void {
    writeFileSync(join(this.dir, `Pulumi.${this.stack}.yaml`), stringify({ config: this.config }));
  }

  /** A stack file of the repository, with images, names and port of this test in the place of its own. */
  takeFrom(stack: string): void {
    const { config } = parse(readFileSync(join(root, `Pulumi.${stack}.yaml`), 'utf8')) as { config: Partial<Config> };
    const { network, valkey, webui, ...rest } = config;
    const own = ({ name: _name, volume: _volume, ...others }: Record<string, unknown> = {}) => others;
    this.config = {
      ...rest,
      network: own(network),
      valkey: { ...own(valkey), ...this.config.valkey },
      webui: { ...own(webui), ...this.config.webui },
    };
    this.writeConfig();
  }

  async select(): Promise<automation.Stack> {
    const args = { stackName: this.stack, workDir: this.dir };
    return automation.LocalWorkspace.createOrSelectStack(args, { envVars: this.env });
  }

  /** Applies the present configuration; returns what was done, without what stayed the same. */
  async up(): Promise<Operation[]> {
    // Automation writes into the stack file; what a test has put there comes first.
    const stack = await this.select();
    this.writeConfig();
    const done: Operation[] = [];
    this.#outputs = undefined;
    this.said = '';
    await stack.up({
      onOutput: (text) => {
        this.said += text;
      },
      onEvent: ({ resourcePreEvent: event }) => {
        // What exists somewhere; components and providers are only notes in the state.
        if (event && event.metadata.op !== 'same' && /^(docker|random):/.test(event.metadata.type)) {
          done.push(`${event.metadata.op} ${event.metadata.urn.split('::').at(-1)}`);
        }
      },
    });
    return done.sort();
  }

  /** Runs a command of the project in its folder; never fails by itself. */
  async run(program: string, args: string[], env: Record<string, string> = {}) {
    this.#outputs = undefined;
    const options = { cwd: this.dir, env: { ...process.env, ...this.env, ...env }, maxBuffer: 64 * 1024 * 1024 };
    return promisify(execFile)(program, args, options).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, stdout, stderr }),
    );
  }

  /** `npm run verify -- --json`, with what it reports by the name of the check. */
  async verify(env: Record<string, string> = {}) {
    const { code, stdout, stderr } = await this.run('node', ['ops/verify.ts', '--stack', this.stack, '--json'], env);
    if (!stdout) throw new Error(`verify said nothing: ${stderr}`);
    const report = JSON.parse(stdout) as {
      ok: boolean;
      checks: { name: string; ok: boolean; detail: string; next?: string }[];
    };
    return { code, stdout, ...report, check: (name: string) => report.checks.find((one) => one.name === name) };
  }

  /** Outputs as of the last command, which may have changed them: to ask Pulumi takes seconds. */
  async outputs(): Promise<automation.OutputMap> {
    this.#outputs ??= await (await this.select()).outputs();
    return this.#outputs;
  }

  /** What the web UI's container knows: from the file that only its root can read. */
  async secretEnv(): Promise<Record<string, string>> {
    const file = await docker('exec', this.webui, 'cat', '/run/secrets/open-webui.env');
    return Object.fromEntries([...file.matchAll(/^(\w+)='(.*)'$/gm)].map(([, name, value]) => [name, value]));
  }

  /** The user by which the web UI signs in to Valkey. */
  async application(): Promise<{ name: string; password: string }> {
    const { username: name, password } = new URL((await this.secretEnv())['REDIS_URL'] as string);
    return { name, password };
  }

  /** Signs the administrator in. */
  async administrator(): Promise<Session> {
    const { publishedAt, adminEmail, adminPassword } = await this.outputs();
    return Session.signIn(String(publishedAt?.value), String(adminEmail?.value), String(adminPassword?.value));
  }

  /** What the web UI tells a signed-in browser that it can do. */
  async features(): Promise<Record<string, boolean>> {
    const session = await this.administrator();
    return ((await session.request('GET', '/api/config')) as { features: Record<string, boolean> }).features;
  }

  /** Every generated secret. */
  async secrets(): Promise<string[]> {
    const { adminPassword, operatorPassword } = await this.outputs();
    const { WEBUI_SECRET_KEY: sessionKey } = await this.secretEnv();
    return [adminPassword?.value, operatorPassword?.value, sessionKey, (await this.application()).password] as string[];
  }

  /**
   * What Valkey has refused to the web UI or to the operator since it started, as "user: reason object": nothing, as long as each has
   * the rights that it needs. A password that is not the right one is no lack of rights.
   */
  async refused(): Promise<string[]> {
    const running = (await docker('ps', '--filter', `name=^${this.valkey}$`, '--format', '{{.Names}}')) !== '';
    if (!running || this.config.valkey['auth'] === false) return [];
    const operator = { name: 'operator', password: (await this.outputs())['operatorPassword']?.value as string };
    const log = await valkeyAs({ container: this.valkey }, operator, 'ACL', 'LOG');
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
