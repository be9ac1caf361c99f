/** Who may touch what a run has left, with stand-ins for docker and pulumi that keep a list of what they are asked. */

import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { exclusively } from '../../cli/exclusive.ts';
import { recover, requireIdle, type Target, withMarker } from '../../cli/recover.ts';
import type { Docker } from '../../docker/client.ts';
import { identity } from '../../system/cache.mjs';

const dir = mkdtempSync(join(tmpdir(), 'exclusive-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** No process has it: the kernel's highest is below. */
const DEAD = 4_194_305;

let target: Target;
/** Helpers that work on the engine, by what they do. */
const helpers: Record<string, string> = {};
let state: string;
const asked = () => (existsSync(join(target.root, 'asked')) ? readFileSync(join(target.root, 'asked'), 'utf8') : '');
const marker = () => join(target.root, '.pulumi-state', 'updating-dev');

/** A Pulumi CLI that notes what it is asked, and answers with a line of shell. */
function pulumi(line: string): void {
  writeFileSync(join(target.root, 'pulumi'), `#!/bin/sh\necho "pulumi $*" >>'${target.root}/asked'\n${line}\n`);
  chmodSync(join(target.root, 'pulumi'), 0o755);
}

/** An engine with these containers, all of them the stack's. */
function engine(...ids: string[]): Docker {
  const run = async (args: readonly string[]) => {
    const operation = args
      .find((arg) => arg.startsWith('label=com.pulumi.operation='))
      ?.split('=')
      .at(-1);
    if (operation !== undefined) return helpers[operation] ?? '';
    if (args[0] === 'ps') return `${ids.join('\n')}\n`;
    if (args[0] !== 'network' || args[1] !== 'ls')
      writeFileSync(join(target.root, 'asked'), `${asked()}docker ${args.join(' ')}\n`);
    return '';
  };
  const capture = async () => ({ code: 0, stdout: '[]', stderr: '', all: '', timedOut: false });
  return { endpoint: {}, run, capture } as unknown as Docker;
}

beforeEach(() => {
  const root = mkdtempSync(join(dir, 'project-'));
  state = mkdtempSync(join(dir, 'state-'));
  target = {
    ...{ root, stack: 'dev', owner: { project: 'chat', stack: 'dev' }, embedded: false, backend: `file://${state}` },
    env: { PATH: `${root}${delimiter}${process.env['PATH']}` },
    docker: undefined as unknown as Docker,
  };
  target.docker = engine('old', 'new');
  pulumi(`[ "$2" = export ] && echo '{"deployment":{"resources":[{"id":"old"}]}}'; exit 0`);
});

/** Pulumi's lock, as it writes one into a folder. */
function lock(content: { pid: number; hostname?: string }): string {
  const locks = join(state, '.pulumi', 'locks', 'organization', 'chat', 'dev');
  mkdirSync(locks, { recursive: true });
  const file = join(locks, `${content.pid}.json`);
  const at = { username: 'ann', hostname: hostname(), timestamp: '2026-11-26T10:00:00.5Z' };
  writeFileSync(file, JSON.stringify({ ...at, ...content }));
  return file;
}

/** A marker, as an update leaves it that does not come to its end. */
function mark(holder: object, backend = target.backend): void {
  mkdirSync(join(target.root, '.pulumi-state'), { recursive: true });
  const by = { command: 'npm run up', user: 'ann', host: hostname(), since: '2026-11-26T10:00:00.000Z', ...holder };
  writeFileSync(marker(), JSON.stringify({ before: ['old'], holder: by, backend }));
}
const killed = { pid: DEAD, process: `${DEAD} 1` };

const WHO =
  /The stack dev is being changed: an update of ann@\S+ \(pid \d+\) since 2026-11-26 10:00:00 UTC\. Nothing was touched here\./;

it('refuses while a process of this machine lives that has left its marker', async () => {
  mark({ pid: process.ppid, process: identity(process.ppid) });
  await expect(requireIdle(target)).rejects.toThrow(
    `The stack dev is being changed: npm run up of ann@${hostname()} (pid ${process.ppid}) since 2026-11-26 10:00:00 UTC. Nothing was touched here.`,
  );
  expect(asked()).toBe('');
});

it.each([
  ['a living process', { pid: process.ppid }],
  ['another machine', { pid: DEAD, hostname: 'elsewhere' }],
])("refuses while Pulumi's lock is held by %s, whether or not a run was killed here", async (_, by) => {
  const file = lock(by);
  await expect(requireIdle(target)).rejects.toThrow(WHO);
  mark(killed);
  await expect(requireIdle(target)).rejects.toThrow(WHO);
  await expect(recover(target, () => {})).rejects.toThrow(WHO);
  expect(asked()).toBe('');
  expect([file, marker()].map(existsSync)).toEqual([true, true]);
});

it.each(['restore', 'move'])(
  'refuses while a %s works on the engine, on whichever machine it runs',
  async (operation) => {
    await requireIdle(target);
    helpers[operation] = 'chat-archive, since 2026-11-26 10:00:00 +0000 UTC\n';
    await expect(requireIdle(target)).rejects.toThrow(
      `The stack dev is being changed: a ${operation} works in the container chat-archive, since 2026-11-26 10:00:00 +0000 UTC. Nothing was touched here.`,
    );
    delete helpers[operation];
  },
);

it('removes what a killed run has made and the state does not know, under no lock, and the lock that the run has left', async () => {
  const file = lock({ pid: DEAD });
  mark(killed);
  expect(await recover(target, () => {})).toContain('1 unfinished operations cleared');
  expect(existsSync(file)).toBe(false);
  expect(asked()).toBe(
    'pulumi stack export --stack dev\ndocker rm --force new\npulumi refresh --yes --skip-preview --clear-pending-creates --stack dev\n',
  );
});

it('leaves the lock of a process that may have been in another container of this name', async () => {
  const file = lock({ pid: DEAD });
  await expect(recover(target, () => {})).rejects.toThrow(/is locked by ann@.*which has ended without releasing it/);
  expect(existsSync(file)).toBe(true);
  expect(asked()).toBe('');
});

it('asks a backend that is no folder by a command that takes the lock', async () => {
  target.backend = 's3://states';
  mark(killed, target.backend);
  pulumi(
    `echo "error: the stack is currently locked by 1 lock(s)." >&2; echo "  s3://states/x.json: created by ann@elsewhere (pid 7) at 2026-11-26T11:00:00+01:00" >&2; exit 1`,
  );
  await expect(recover(target, () => {})).rejects.toThrow(WHO);
  expect(asked()).toBe(
    'pulumi refresh --yes --skip-preview --target **::names --skip-pending-creates --suppress-outputs --stack dev\n',
  );
});

it('passes over the marker of a stack of that name in another backend', async () => {
  mark(killed, 'file:///elsewhere');
  expect(await recover(target, () => {})).toBeUndefined();
  expect(asked()).toBe('');
});

describe('withMarker', () => {
  it('leaves no marker where Pulumi has refused to begin, as another has the lock', async () => {
    await withMarker(target, async () => {
      expect(JSON.parse(readFileSync(marker(), 'utf8'))).toMatchObject({
        before: ['old', 'new'],
        holder: { pid: process.pid, host: hostname() },
      });
      lock({ pid: process.ppid });
      return 255;
    });
    expect(existsSync(marker())).toBe(false);
  });

  it('leaves it after any other failure, with what existed before the first one', async () => {
    mark(killed);
    await withMarker(target, async () => 1);
    expect(JSON.parse(readFileSync(marker(), 'utf8')).before).toEqual(['old']);
  });
});

it('lets one in at a time, from whichever checkout and by whichever spelling of the backend', async () => {
  process.env['OPEN_WEBUI_CACHE_DIR'] = mkdtempSync(join(dir, 'cache-'));
  const context = (root: string, backend: string) => ({ root, env: { PULUMI_BACKEND_URL: backend } });
  const stack = { project: 'chat', stack: 'dev' };
  const one = context(target.root, `file://${state}`);
  await exclusively(one, stack, async () => {
    const two = exclusively(context(dir, `file://${state}/`), stack, async () => 'in');
    await expect(two).rejects.toThrow(/^The stack dev is being changed: npm run.* of \S+@\S+ \(pid \d+\) since /);
    const other = exclusively(one, { project: 'chat', stack: 'prod' }, async () => 'in');
    expect(await other).toBe('in');
  });
  expect(await exclusively(one, stack, async () => 'next')).toBe('next');
  delete process.env['OPEN_WEBUI_CACHE_DIR'];
});
