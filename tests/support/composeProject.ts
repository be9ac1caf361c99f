/**
 * A Compose project on the real engine, where there is no docker compose: what a file says is made by `docker` commands, with the names,
 * labels and aliases that Compose gives. Knows as much of Compose as the files of the tests have.
 */

import { join, resolve } from 'node:path';
import { readCompose } from '../../ops/compose/file/read.ts';
import type { Mount, Service, Source } from '../../ops/compose/source.ts';
import { docker, labelOf } from './docker.ts';

/** One option of a command line for each value. */
const each = (option: string, values: readonly string[]) => values.flatMap((value) => [option, value]);
const pairs = (record: Readonly<Record<string, string>>) => Object.entries(record).map(([key, one]) => `${key}=${one}`);
const list = (value: unknown) => ((value ?? []) as unknown[]).map(String);

const volumeOf = (one: Mount): string => {
  const source = one.kind === 'folder' ? one.folder : (one.name ?? '');
  return `${source ? `${source}:` : ''}${one.target}${one.readOnly ? ':ro' : ''}`;
};

export class ComposeProject {
  readonly #file: string;
  readonly #source: Source;
  readonly #label: string;

  /** @param dir its folder, in which the file is called `compose.yml`. @param stack everything is labelled as of that test. */
  constructor(dir: string, stack: string) {
    this.#file = join(dir, 'compose.yml');
    this.#source = readCompose({ files: [this.#file], envFiles: [], env: {}, profiles: [] });
    this.#label = labelOf(stack);
  }

  #service(name: string): Service {
    const found = this.#source.services.find((one) => one.name === name);
    if (!found) throw new Error(`no service ${name} in ${this.#source.files}`);
    return found;
  }

  #containerOf = ({ container, name }: Service) => container ?? `${this.#source.project}-${name}-1`;

  /** Names of its containers, by their services. */
  container = (service: string): string => this.#containerOf(this.#service(service));

  /** `docker compose up --detach`: makes what is not there, and starts the rest. */
  async up(...names: string[]): Promise<void> {
    const services = names.length > 0 ? names.map((name) => this.#service(name)) : this.#source.services;
    for (const name of new Set(services.flatMap(({ networks }) => networks.map(({ network }) => network)))) {
      if (!this.#source.networks[name]?.external && !(await this.#exists('network', name)))
        await docker('network', 'create', '--label', this.#label, name);
    }
    for (const service of services) {
      const container = this.#containerOf(service);
      if (!(await this.#exists('container', container))) await this.#create(service);
      await docker('start', container);
    }
  }

  /**
   * Does what `docker compose` would do by a command that was printed for a user in a folder.
   *
   * @throws Error for another command, and for one that is for another project.
   */
  async run(line: string, folder: string): Promise<void> {
    const [, file = '', project = this.#source.project, command = '', services = ''] =
      /^docker compose --file (\S+)(?: --project-name (\S+))? (stop|rm --force|up --detach(?: --no-recreate)?) ([\w -]+)$/.exec(
        line,
      ) ?? [];
    if (resolve(folder, file) !== this.#file || project !== this.#source.project)
      throw new Error(`not for this project: ${line}`);
    const names = services.split(' ');
    if (command.startsWith('up')) await this.up(...names);
    else await docker(...command.split(' '), ...names.map(this.container));
  }

  async #exists(kind: 'network' | 'container', name: string): Promise<boolean> {
    return docker(kind, 'inspect', name).then(
      () => true,
      () => false,
    );
  }

  async #create(one: Service): Promise<void> {
    for (const mount of one.mounts)
      if (mount.kind === 'volume' && mount.name) await docker('volume', 'create', '--label', this.#label, mount.name);
    const { project } = this.#source;
    const labels = {
      ...one.labels,
      'com.docker.compose.project': `${project}`,
      'com.docker.compose.service': one.name,
    };
    const [first, ...more] = one.networks;
    const { rest, memory, cpus, pids } = one;
    await docker(
      ...['create', '--name', this.#containerOf(one), '--label', this.#label, ...each('--label', pairs(labels))],
      ...['--network', one.networkMode ?? first?.network ?? 'none', ...each('--network-alias', first?.aliases ?? [])],
      ...each('--env', pairs(one.env)),
      ...each('--volume', one.mounts.map(volumeOf)),
      ...each(
        '--publish',
        one.ports.map(
          ({ address, published, target }) => `${address ? `${address}:` : ''}${published ?? ''}:${target}`,
        ),
      ),
      ...each(
        '--add-host',
        Object.entries(one.extraHosts).map(([host, address]) => `${host}:${address}`),
      ),
      ...each('--cap-drop', one.capDrop),
      ...each('--cap-add', list(rest['cap_add'])),
      ...each('--security-opt', one.securityOpt),
      ...each('--tmpfs', list(rest['tmpfs'])),
      ...(one.user ? ['--user', one.user] : []),
      ...(memory ? ['--memory', `${memory}b`] : []),
      ...(cpus ? ['--cpus', `${cpus}`] : []),
      ...(pids ? ['--pids-limit', `${pids}`] : []),
      ...['--restart', String(rest['restart'] ?? 'no'), one.image, ...(one.start ?? [])],
    );
    for (const { network, aliases } of more)
      await docker('network', 'connect', ...each('--alias', aliases), network, this.#containerOf(one));
  }
}
