/** The data of a web UI and an empty Postgres, without a deployment: for what a move does with any data. */

import { join } from 'node:path';
import { labelsOf } from '../../core/labels.ts';
import { OPERATIONS_ROLE, WEBUI_DATABASE, WEBUI_ROLE } from '../../core/postgres.ts';
import { until } from '../../core/until.ts';
import { WEBUI_DATA } from '../../core/webui.ts';
import { connect } from '../../docker/client.ts';
import { type Mover, withMover } from '../../ops/moveDatabase/mover.ts';
import { readStackFile } from '../../settings/file.ts';
import { checkoutCommands } from '../../settings/origin.ts';
import { capture } from '../../system/exec.mjs';
import { root } from './checkout.ts';
import { IMAGES } from './deployment.ts';
import { docker, removeObjectsOf, requireEngine, testStack } from './docker.ts';

const { image: postgresImage } = readStackFile(join(root, 'Pulumi.local.yaml'), 'open-webui', 'local').database;

const SERVE = `
initdb -D /tmp/data -U postgres -E UTF8 --locale C.UTF-8 > /dev/null
echo "host all all all trust" >> /tmp/data/pg_hba.conf
exec postgres -D /tmp/data -c listen_addresses='*' -c unix_socket_directories=/tmp
`;

/** The least that the web UI needs of its database: it is no superuser. */
const PREPARE = [
  `create role ${WEBUI_ROLE} login`,
  `create role ${OPERATIONS_ROLE} login`,
  `create database ${WEBUI_DATABASE} owner ${WEBUI_ROLE}`,
];

export class Lab {
  readonly stack: string;
  readonly data: string;
  readonly postgres: string;
  readonly network: string;
  readonly #labels: string[];

  private constructor(topic: string) {
    this.stack = testStack(topic);
    this.data = `${this.stack}-webui`;
    this.postgres = `${this.stack}-postgres`;
    this.network = `${this.stack}-network`;
    this.#labels = Object.entries(labelsOf({ project: 'open-webui', stack: this.stack })).flatMap(([key, value]) => [
      '--label',
      `${key}=${value}`,
    ]);
  }

  static async create(topic: string): Promise<Lab> {
    await requireEngine();
    const lab = new Lab(topic);
    await docker('network', 'create', '--internal', ...lab.#labels, lab.network);
    await docker('volume', 'create', ...lab.#labels, lab.data);
    const place = ['--network', lab.network, '--user', '999:999', '--entrypoint', 'sh', postgresImage];
    await docker('run', '--detach', '--name', lab.postgres, ...lab.#labels, ...place, '-ec', SERVE);
    const answers = () =>
      lab.#sql('postgres', 'postgres', 'select').then(
        () => true,
        () => false,
      );
    await until(answers, Boolean, { seconds: 60 });
    await lab.empty();
    return lab;
  }

  #sql = (user: string, database: string, ...statements: string[]) =>
    docker(
      ...['exec', this.postgres, 'psql', '-h', '/tmp', '-U', user, '-d', database, '-v', 'ON_ERROR_STOP=1', '-At'],
      ...statements.flatMap((one) => ['-c', one]),
    );

  /** Drops the database and makes an empty one. */
  async empty(): Promise<void> {
    const drop = [WEBUI_ROLE, OPERATIONS_ROLE].map((role) => `drop role if exists ${role}`);
    await this.#sql('postgres', 'postgres', `drop database if exists ${WEBUI_DATABASE}`, ...drop, ...PREPARE);
    await this.#sql('postgres', WEBUI_DATABASE, 'create extension vector');
  }

  /** What a query answers. */
  query = (sql: string): Promise<string> => this.#sql(WEBUI_ROLE, WEBUI_DATABASE, sql);

  get url(): string {
    return `postgresql://${WEBUI_ROLE}@${this.postgres}/${WEBUI_DATABASE}`;
  }

  /** Runs Python in the web UI's image, with its data and on the network; returns what it prints. */
  async python(program: string, more: readonly string[] = []): Promise<string> {
    const { code, stdout, stderr } = await capture(
      'docker',
      [
        ...[
          'run',
          '--rm',
          '--interactive',
          '--network',
          this.network,
          '--volume',
          `${this.data}:${WEBUI_DATA}`,
          ...this.#labels,
        ],
        ...['--env', 'WEBUI_SECRET_KEY=test', ...more, '--entrypoint', 'python3', IMAGES.webui, '-'],
      ],
      { input: program },
    );
    if (code !== 0) throw new Error(`Python: ${stderr}`);
    return stdout.trim();
  }

  /** Makes a SQLite database of a revision; `head` for that of the image. */
  async makeSqlite(revision: string): Promise<void> {
    const migrate = `
import os
os.environ["ENABLE_DB_MIGRATIONS"] = "false"
from alembic import command
from alembic.config import Config
from open_webui.env import OPEN_WEBUI_DIR
config = Config(OPEN_WEBUI_DIR / "alembic.ini")
config.set_main_option("script_location", str(OPEN_WEBUI_DIR / "migrations"))
command.upgrade(config, "${revision}")
`;
    await this.python(
      `import os; [os.remove("${WEBUI_DATA}/" + name) for name in os.listdir("${WEBUI_DATA}") if name.startswith("webui.db")]`,
    );
    await this.python(migrate);
  }

  /** Changes the SQLite database. */
  write = (statements: string): Promise<string> =>
    this.python(`
import json, sqlite3, time
database = sqlite3.connect("${WEBUI_DATA}/webui.db")
def add(table, **values):
    database.execute(f'insert into "{table}" ({", ".join(values)}) values ({", ".join("?" * len(values))})', list(values.values()))
${statements}
database.commit()
`);

  /** What the command does with the data and the Postgres. */
  moving = <Result>(
    work: (mover: Mover) => Promise<Result>,
    { memory = '1 GiB', env = {} }: { memory?: '512 MiB' | '1 GiB'; env?: Record<string, string> } = {},
  ): Promise<Result> =>
    withMover(
      {
        source: {
          docker: connect({}),
          owner: { project: 'open-webui', stack: this.stack },
          commands: checkoutCommands(`--stack ${this.stack}`),
          servers: {
            webui: { container: this.data, volume: this.data },
            valkey: { container: 'none', volume: 'none', operatorPassword: '' },
          },
        },
        ...{ image: IMAGES.webui, memory, env },
        target: { url: this.url, networks: [this.network] },
      },
      work,
    );

  remove = (): Promise<void> => removeObjectsOf(this.stack);
}
