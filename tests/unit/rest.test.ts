import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { replaceSection } from '../../bench/page.ts';
import { listenerAt, processes, processOf, tree } from '../../bench/processes.ts';
import { HEAD, restSection } from '../../bench/restSection.ts';
import { checkCommand, checkTimeout, engineInterval, type Timing } from '../../platform/healthcheck.ts';

describe('processes', () => {
  it('are read with the time of their children, whatever they are called', () => {
    const fields = ['S', '7', ...Array(9).fill('0'), '1', '20', '300', '4000', '20', '0', '1', '0', '555', '0'];
    expect(processOf(`42 (a) b (c) ${fields.join(' ')}`)).toEqual({
      ...{ pid: 42, parent: 7, name: 'a) b (c', started: '555', ticks: 4321 },
    });
    expect(processOf('')).toBeUndefined();
  });

  it('form trees', () => {
    const one = (pid: number, parent: number) => ({ pid, parent, name: '', started: '', ticks: 0 });
    const all = [one(1, 0), one(2, 1), one(3, 2), one(4, 1), one(5, 9)];
    expect(tree(1, all).map(({ pid }) => pid)).toEqual([1, 2, 3, 4]);
    expect(tree(6, all)).toEqual([]);
  });

  it('that listen on a socket are found by its path, whichever way that is written', () => {
    const lines = [
      'Num       RefCount Protocol Flags    Type St Inode Path',
      '0000000014e432ea: 00000003 00000000 00000000 0001 03 111 /var/run/docker.sock',
      '000000009c1f50a0: 00000002 00000000 00010000 0001 01 222 /var/run/docker.sock',
      '0000000084550e85: 00000002 00000000 00010000 0001 01 333 /run/other.sock',
      '',
    ].join('\n');
    expect(listenerAt('/run/docker.sock', lines)).toBe('222');
    expect(listenerAt('/var/run/docker.sock', lines)).toBe('222');
    expect(listenerAt('/var/run/other.sock', lines)).toBe('333');
    expect(listenerAt('/run/none.sock', lines)).toBeUndefined();
  });

  it('of this machine are found', () => {
    if (process.platform === 'linux') expect(processes().map(({ pid }) => pid)).toContain(process.pid);
    else expect(() => processes()).toThrow();
  });
});

describe('the section on a deployment at rest', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'open-webui-rest-'));
    mkdirSync(join(root, 'docs'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const page = () => join(root, 'docs', 'performance.md');
  const figures = {
    ...{ minutes: 5, engine: '1.2.3' },
    tools: { 'docker compose': { engine: 10, checks: 20, servers: 0 }, pulumi: { engine: 5, checks: 6, servers: 1 } },
  };

  it('is replaced, and nothing else', () => {
    writeFileSync(page(), '# Page\n\n## At rest\n\nold\n\n## Next\n\ntext\n');
    replaceSection(root, HEAD, restSection(figures));
    const text = readFileSync(page(), 'utf8');
    expect(text).toMatch(/^# Page\n\n## At rest\n\nProcessor seconds/);
    expect(text).toContain('| pulumi | 5.0 | 6.0 | 1.0 | 12.0 | 2.0 % | 0.40 × |');
    expect(text).toMatch(/\n\n## Next\n\ntext\n$/);
    expect(text).not.toContain('old');
    replaceSection(root, HEAD, restSection(figures));
    expect(readFileSync(page(), 'utf8')).toBe(text);
  });

  it('has to have its place', () => {
    writeFileSync(page(), '# Page\n');
    expect(() => replaceSection(root, HEAD, restSection(figures))).toThrow('has no section "## At rest"');
  });
});

it.each([
  ['1s', '1s', '0', '45s'],
  ['5s', '1s', '4', '49s'],
  ['7s', '2s', '5', '50s'],
  ['1m', '12s', '48', '93s'],
] as const)(
  'a check every %s is one every %s for the engine, which waits %s s first and may take %s',
  (interval, ...expected) => {
    const check = { kind: 'exec', command: ['x'], well: 'y', hung: 'z' } as const;
    const timing: Timing = { startPeriod: '5s', interval, timeout: '3s', retries: 5 };
    const pause = checkCommand(check, timing, '30s')[7];
    expect([engineInterval(timing), pause, checkTimeout(check, timing, '30s')]).toEqual(expected);
  },
);
