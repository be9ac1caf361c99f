/** Two at once: the second is refused before anything is touched, and the first one ends as if alone. */

import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from '../../system/cache.mjs';
import { copyProgram, linkPackages } from '../support/checkout.ts';
import { Deployment } from '../support/deployment.ts';
import { docker } from '../support/docker.ts';
import { Running } from '../support/killing.ts';

jest.setTimeout(600_000);

let life: Deployment;
/** Another checkout of the same stack, and the locks of another machine. */
let other: string;
let machine: string;

beforeAll(async () => {
  life = await Deployment.create('concurrency');
  await life.up();
  other = mkdtempSync(join(tmpdir(), 'open-webui-other-'));
  copyProgram(other);
  linkPackages(other);
  machine = mkdtempSync(join(tmpdir(), 'open-webui-machine-'));
  mkdirSync(cached(), { recursive: true });
  for (const name of readdirSync(cached())) if (name !== 'locks') symlinkSync(cached(name), join(machine, name));
});

afterAll(async () => {
  await life?.remove();
  for (const dir of [other, machine]) if (dir) rmSync(dir, { recursive: true, force: true });
});

let value = 0;

/** A change that replaces the web UI's container. */
function change(): void {
  life.config.webui['env'] = { THREAD_POOL_SIZE: String(10 + value++) };
  life.writeConfig();
  const file = `Pulumi.${life.stack}.yaml`;
  cpSync(join(life.dir, file), join(other, file));
}

/** A command on the stack: from the checkout of the deployment, or from the other one, there as on another machine. */
function second(args: readonly string[], place: 'here' | 'other checkout' | 'other machine') {
  const env = { ...process.env, ...life.env, ...(place === 'other machine' && { OPEN_WEBUI_CACHE_DIR: machine }) };
  const cwd = place === 'here' ? life.dir : other;
  return promisify(execFile)('node', ['cli/main.ts', ...args, '--stack', life.stack], { cwd, env }).then(
    ({ stdout, stderr }) => ({ code: 0, said: stdout + stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, said: stdout + stderr }),
  );
}

const containers = () => docker('ps', '--all', '--quiet', '--no-trunc', '--filter', `name=${life.stack}`);

/** Refused with who is at it, and since when. */
function expectRefusal({ code, said }: { code: number; said: string }, command: string, pid?: number): void {
  expect(said).toContain(`The stack ${life.stack} is being changed: ${command} of `);
  expect(said).toMatch(
    new RegExp(`@${hostname()} \\(pid ${pid ?? '\\d+'}\\) since 20\\d\\d-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d UTC`),
  );
  expect(said).toContain('Nothing was touched here.');
  expect(code).toBe(1);
}

async function endsWell(first: Running): Promise<void> {
  const code = await first.ended;
  if (code !== 0) throw new Error(`the first run ended with ${code}:\n${first.said}`);
  expect(await life.failedChecks()).toEqual([]);
  const { said } = await second(['drift'], 'here');
  expect(said).toContain('as the last npm run up left it');
  expect(existsSync(join(other, '.pulumi-state', `updating-${life.stack}`))).toBe(false);
}

describe('on one machine', () => {
  let first: Running;
  beforeAll(() => {
    change();
    first = new Running(life);
  });
  afterAll(() => first?.close());

  it.each<[string, string | RegExp]>([
    ['has only begun', /drift/],
    ['has removed the old container', 'before create-replacement chat-webui-container'],
    ['checks that it works', /✔ containers/],
  ])('while the first one %s', async (_, moment) => {
    await first.reach(moment);
    // Held, so that the next moment is still to come. At one of Pulumi's own the update itself goes on.
    process.kill(first.pid, 'SIGSTOP');
    const before = await containers();
    const refused = await Promise.all([
      second(['up'], 'here'),
      second(['up'], 'other checkout'),
      second(['down'], 'here'),
      second(['rotate', '--secret', 'session'], 'other checkout'),
    ]);
    for (const one of refused) expectRefusal(one, 'npm run up', first.pid);
    if (moment instanceof RegExp) expect(await containers()).toBe(before);
    process.kill(first.pid, 'SIGCONT');
  });

  it('and the first one ends as if alone', () => endsWell(first));
});

it('on two machines with one backend, while the first one replaces a container, and as often as one tries', async () => {
  change();
  const first = new Running(life);
  try {
    await first.reach(`docker start ${life.webui}`);
    for (const command of [['up'], ['up'], ['down']])
      expectRefusal(await second(command, 'other machine'), 'an update');
    await endsWell(first);
  } finally {
    first.close();
  }
});

it('beside a plain pulumi up, which a drift job neither waits for nor disturbs', async () => {
  change();
  await life.init();
  const first = new Running(life, {}, ['pulumi', 'up', '--yes', '--skip-preview', '--stack', life.stack]);
  try {
    await first.reach(`docker start ${life.webui}`);
    const [up, drift] = await Promise.all([second(['up'], 'here'), second(['drift'], 'other machine')]);
    expectRefusal(up, 'an update');
    expect(drift.said).toContain('An update of the stack is in progress, or was killed');
    await endsWell(first);
  } finally {
    first.close();
  }
});
