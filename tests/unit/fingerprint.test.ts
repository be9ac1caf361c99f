/** What is noted of a deployment that works, and what makes the note worthless. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { forget, PROGRAM, recall, remember } from '../../cli/fingerprint.ts';
import { stateFolder } from '../../cli/paths.ts';

const dir = mkdtempSync(join(tmpdir(), 'fingerprint-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const NEEDS = {
  project: 'open-webui',
  host: { context: 'one' },
  images: { valkey: 'valkey:8', webui: 'open-webui:0.12' },
};

let root: string;

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

beforeEach(() => {
  root = mkdtempSync(join(dir, 'project-'));
  for (const path of PROGRAM) write(extname(path) ? path : join(path, 'part.ts'), path);
  write('Pulumi.dev.yaml', 'port: 3000');
  write('platform/docker/containers.ts', 'one');
  remember(root, 'dev', NEEDS);
});

it('is recalled with what the stack needs', () => {
  expect(recall(root, 'dev')).toEqual(NEEDS);
});

it('does not count for another stack', () => {
  write('Pulumi.prod.yaml', 'port: 3000');
  expect(recall(root, 'prod')).toBeUndefined();
});

it.each<[string, () => void]>([
  ['settings', () => write('Pulumi.dev.yaml', 'port: 3001')],
  ['packages', () => write('package-lock.json', '{}')],
  ['a component', () => write('platform/docker/containers.ts', 'two')],
  ['a new file', () => write('ops/new.ts', '')],
  ['a file that is gone', () => rmSync(join(root, 'index.ts'))],
  ['a note that is none', () => writeFileSync(join(stateFolder(root), 'verified-dev'), 'not JSON')],
  ['an update that has begun', () => forget(root, 'dev')],
])('is worthless after a change of %s', (_, change) => {
  change();
  expect(recall(root, 'dev')).toBeUndefined();
});
