import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { entrypoint, persistenceArguments } from '../../components/valkey/persistence.ts';
import type { Hardening, Persistence } from '../../core/defaults.ts';
import { until } from '../../core/until.ts';
import { VALKEY_DATA, VALKEY_USER } from '../../core/valkey.ts';
import { IMAGES } from './deployment.ts';
import { docker, inspect, labelOf, removeObjectsOf, requireEngine, testStack } from './docker.ts';

const execute = promisify(execFile);

/** Isolation of the container on top of the baseline, as the component has it. */
const ISOLATION: Record<Hardening, string[]> = {
  standard: ['SETGID', 'SETUID', 'DAC_OVERRIDE'].flatMap((name) => ['--cap-add', name]),
  strict: ['--user', `${VALKEY_USER.user}:${VALKEY_USER.group}`, '--read-only'],
};

interface Options {
  hardening?: Hardening;
  image?: string;
}

/** Valkey's container and volume as the component makes them, without what takes longer: Pulumi and the web UI. */
export class BareValkey {
  readonly name: string;
  readonly #hardening: Hardening;
  readonly #image: string;

  private constructor(name: string, { hardening = 'standard', image = IMAGES.valkey }: Options) {
    this.name = name;
    this.#hardening = hardening;
    this.#image = image;
  }

  static async create(topic: string, options: Options = {}): Promise<BareValkey> {
    await requireEngine();
    const valkey = new BareValkey(testStack(topic), options);
    await docker('volume', 'create', '--label', labelOf(valkey.name), valkey.name);
    return valkey;
  }

  /** The same volume with another image. */
  with(image: string): BareValkey {
    return new BareValkey(this.name, { hardening: this.#hardening, image });
  }

  /** Replaces the container; does not wait for anything. */
  async launch(form: Persistence, { restart = 'no' } = {}): Promise<void> {
    await docker('rm', '--force', '--volumes', this.name).catch(() => {});
    const [program = '', ...script] = entrypoint(form, { source: this.name, image: this.#image });
    await docker(
      ...['run', '--detach', '--name', this.name, '--label', labelOf(this.name), '--restart', restart],
      ...['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges:true', ...ISOLATION[this.#hardening]],
      ...[
        '--memory',
        '512m',
        '--volume',
        `${this.name}:${VALKEY_DATA}`,
        '--entrypoint',
        program,
        this.#image,
        ...script,
      ],
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
