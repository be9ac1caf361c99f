/** The part of a restore that changes data, ended at every step that it takes on the disk, and on a disk that is full. */

import { execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { IMAGES } from '../support/deployment.ts';
import { requireEngine } from '../support/docker.ts';

jest.setTimeout(900_000);

const program = readFileSync(join(__dirname, '..', '..', 'ops', 'backup', 'helper', 'put.py'), 'utf8');
const container = (size: string) => [
  ...['run', '--rm', '--interactive', '--network', 'none', '--no-healthcheck', '--tmpfs', `/volumes:size=${size}`],
  ...['--entrypoint', 'python3', IMAGES.webui, '-I', '-c'],
];

beforeAll(requireEngine);

it('leaves all of one data wherever it is killed, and the other one where it was kept', async () => {
  const harness = readFileSync(join(__dirname, 'restoreSteps.py'), 'utf8');
  const { stdout } = await promisify(execFile)('docker', [...container('64m'), harness, program]);
  const said = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { command: string; steps: number; outcomes: string[] });
  for (const { command, steps } of said) expect({ command, enough: steps > 2 }).toEqual({ command, enough: true });
  expect(Object.fromEntries(said.map(({ command, outcomes }) => [command, outcomes]))).toEqual({
    stage: ['old'],
    exchange: ['old'],
    // From its first step on the new data is the one that was proved.
    finish: ['new and kept', 'old'],
    undo: ['old'],
    reject: ['old and kept'],
    'reject a second one': ['new and kept'],
    take_kept: ['new and kept'],
    'exchange back': ['new and kept'],
    'undo back': ['new and kept'],
    'finish back': ['new and kept', 'old and kept'],
  });
});

const FULL = `
import os, sys
os.makedirs("/volumes/webui"); os.makedirs("/volumes/valkey")
open("/volumes/webui/webui.db", "w").write("old")
sys.argv = ["put.py", "stage", ".restore"] + ['{"name": "%s", "keep": [], "owner": "0:0"}' % name for name in ("webui", "valkey")]
program = sys.stdin.buffer.read(int(sys.stdin.buffer.readline()))
try:
    exec(compile(program, "put.py", "exec"), {"__name__": "__main__"})
finally:
    print(sorted(os.path.join(folder, name) for folder, _, names in os.walk("/volumes") for name in names))
`;

it('gives all of the room back when the disk gets full, and changes nothing', async () => {
  const child = spawn('docker', [...container('8m'), FULL], { stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const large = Buffer.alloc(20 * 1024 ** 2, 'x');
  const { fileHeader, END } = await import('../../ops/backup/tar.ts');
  child.stdin.on('error', () => {});
  child.stdin.write(`${Buffer.byteLength(program)}\n${program}`);
  child.stdin.write(fileHeader('webui/uploads/large', large.length, 1));
  child.stdin.write(large);
  child.stdin.end(END);
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect({ code, stdout: stdout.trim() }).toEqual({ code: 1, stdout: "['/volumes/webui/webui.db']" });
  expect(JSON.parse(stderr.trim()).error).toContain('No space left on device');
});
