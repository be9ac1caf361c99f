import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { entrypoint, type Persistence, persistenceArguments } from '../../components/valkey/persistence.ts';
import { until } from '../../core/until.ts';
import { IMAGES } from './deployment.ts';
import { docker, inspect, removeObjectsOf, requireEngine, testStack } from './docker.ts';

const execute = promisify(execFile);

/** What keeps the container in, in each kind of hardening; as the component has it. */
const KEPT_FROM = {
  standard: ['SETGID', 'SETUID', 'DAC_OVERRIDE'].flatMap((name) => ['--cap-add', name]),
  strict: ['--user', '999:1000', '--read-only'],
};

interface Options {
  hardening?: keyof typeof KEPT_FROM;
  image?: string;
}

/** Valkey's container and volume as the component makes them, without what takes longer: Pulumi and the web UI. */
export class BareValkey {
  readonly name: string;
  readonly #hardening: keyof typeof KEPT_FROM;
  readonly #image: string;

  private constructor(name: string, { hardening = 'standard', image = IMAGES.valkey }: Options) {
    this.name = name;
    this.#hardening = hardening;
    this.#image = image;
  }

  static async create(topic: string, options: Options = {}): Promise<BareValkey> {
    await requireEngine();
    const valkey = new BareValkey(testStack(topic), options);
    await docker('volume', 'create', '--label', `com.pulumi.stack=${valkey.name}`, valkey.name);
    return valkey;
  }

  /** The same volume with another image. */
  with(image: string): BareValkey {
    return new BareValkey(this.name, { hardening: this.#hardening, image });
  }

  /** A new container in the place of the old one; does not wait for anything. */
  async launch(form: Persistence, { restart = 'no' } = {}): Promise<void> {
    await docker('rm', '--force', '--volumes', this.name).catch(() => {});
    const [program = '', ...script] = entrypoint(form);
    await docker(
      ...['run', '--detach', '--name', this.name, '--label', `com.pulumi.stack=${this.name}`, '--restart', restart],
      ...['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges:true', ...KEPT_FROM[this.#hardening]],
      ...['--memory', '512m', '--volume', `${this.name}:/data`, '--entrypoint', program, this.#image, ...script],
      ...['valkey-server', '--save', '3600', '1', ...persistenceArguments(form)],
    );
  }

  async start(form: Persistence): Promise<void> {
    await this.launch(form);
    await this.answered();
  }

  async answered(): Promise<void> {
    const pong = () => this.cli('PING').catch(() => '');
    const answer = await until(pong, (text) => text === 'PONG', { seconds: 60, everyMs: 50 });
    if (answer !== 'PONG') throw new Error(`Valkey does not answer: ${answer}\n${await this.log()}`);
  }

  async cli(...words: string[]): Promise<string> {
    return docker('exec', this.name, 'valkey-cli', ...words);
  }

  /** Exit code of the container, once it has ended. */
  async ended(): Promise<number> {
    return Number(await docker('wait', this.name));
  }

  async log(): Promise<string> {
    const { stdout, stderr } = await execute('docker', ['logs', this.name], { maxBuffer: 64 * 1024 * 1024 });
    return stdout + stderr;
  }

  /** Runs a line of the shell on the volume, as the server's user, while nothing else uses it. */
  async onVolume(line: string): Promise<string> {
    const { Mountpoint } = await inspect('volume', this.name);
    return (await execute('sh', ['-c', line], { cwd: Mountpoint })).stdout.trim();
  }

  async remove(): Promise<void> {
    await removeObjectsOf(this.name);
  }
}
