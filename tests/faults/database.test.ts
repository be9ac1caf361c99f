/** A Postgres that is killed, hangs, is full, cut off or removed, and comes back. */

import { join } from 'node:path';
import { POSTGRES_USER } from '../../core/postgres.ts';
import { readStackFile } from '../../settings/file.ts';
import { root } from '../support/checkout.ts';
import { Deployment } from '../support/deployment.ts';
import { docker } from '../support/docker.ts';
import { fault } from '../support/faults.ts';
import { Belongings, comesBack, repaired, restarts, signal, state } from '../support/recovery.ts';
import { empty, fill, makeSmallVolumes } from '../support/smallVolume.ts';

jest.setTimeout(600_000);

const { image } = readStackFile(join(root, 'Pulumi.local.yaml'), 'open-webui', 'local').database;

let life: Deployment;
let belongings: Belongings;
/** Name of its container and of its volume. */
let postgres: string;

beforeAll(async () => {
  life = await Deployment.create('database');
  postgres = `open-webui-postgres-${life.stack}`;
  life.config.database = { kind: 'postgres', image, healthcheck: { startPeriod: '30s' } };
  const { user, group } = POSTGRES_USER;
  await makeSmallVolumes(life, { [postgres]: `size=256m,uid=${user},gid=${group}` });
  await life.up();
  belongings = new Belongings(life);
  await belongings.leave();
});

afterAll(async () => {
  await life?.remove();
});

const lost = () => belongings.lost();
const alone = (cause: () => Promise<unknown>, within: number) => comesBack({ life, lost }, cause, within);

async function withUp(cause: () => Promise<unknown>, drift: string, within: number): Promise<number> {
  const seconds = await repaired({ life }, cause, [`container ${postgres}: ${drift}`], within);
  expect(await lost()).toEqual([]);
  return seconds;
}

/** Docker has ended it, and nothing else has. */
async function restarted(cause: () => Promise<unknown>, within: number): Promise<number> {
  const before = await restarts(postgres);
  const seconds = await alone(cause, within);
  expect(await restarts(postgres)).toBe(before + 1);
  return seconds;
}

fault('database killed', (within) => restarted(() => signal(postgres, 'postgres', 'KILL'), within));

fault('database stopped', (within) => restarted(() => signal(postgres, 'postgres', 'STOP'), within));

fault('volume full, database', async (within) => {
  const session = await life.administrator();
  const save = () => session.request('POST', '/api/v1/chats/new', { chat: { title: 'x'.repeat(1_000_000) } });
  await fill(postgres);
  // As long as there is room in what it has on disk already.
  const refused = async () => {
    for (;;) await save();
  };
  await expect(refused()).rejects.toThrow(/answered [45]\d\d/);
  // What is there can be read.
  expect(await lost()).toEqual([]);
  return alone(() => empty(postgres), within);
});

fault('database cut off', (within) =>
  withUp(() => docker('network', 'disconnect', `${postgres}-network`, postgres), `network ${postgres}-network`, within),
);

fault('database removed', (within) => withUp(() => docker('rm', '--force', postgres), 'itself', within));

it('is all as the program has it in the end', async () => {
  expect(await state(postgres)).toBe('running healthy');
  expect(await life.up()).toEqual([]);
});
