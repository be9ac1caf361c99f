/** What is noted of a deployment that works, and what makes the note worthless. */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, it } from 'node:test';
import { stateFolder } from '../../bootstrap/steps/state.mjs';
import { forget, recall, remember } from '../../bootstrap/steps/verified.mjs';

const dir = mkdtempSync(join(tmpdir(), 'verified-'));
after(() => rmSync(dir, { recursive: true, force: true }));

const NEEDS = { engine: {}, images: ['valkey:8', 'open-webui:0.12'] };

let root;
const write = (path, text) => writeFileSync(join(root, path), text);

beforeEach(() => {
  root = mkdtempSync(join(dir, 'project-'));
  for (const folder of ['settings', 'components/platform', 'ops']) mkdirSync(join(root, folder), { recursive: true });
  for (const file of ['Pulumi.yaml', 'package.json', 'package-lock.json', 'index.ts', 'settings.ts', 'Pulumi.dev.yaml'])
    write(file, file);
  write('components/platform/containers.ts', 'one');
  remember(root, 'dev', NEEDS);
});

it('is remembered with what the stack needs', () => {
  assert.deepEqual(recall(root, 'dev').needs, NEEDS);
});

it('is remembered without its engine where a Docker context names that', () => {
  remember(root, 'dev', { ...NEEDS, engine: { address: 'ssh://docker.example.com', text: 'the Docker context one' } });
  assert.deepEqual(Object.keys(recall(root, 'dev')), ['fingerprint']);
});

it('does not count for another stack', () => {
  write('Pulumi.prod.yaml', 'Pulumi.dev.yaml');
  assert.equal(recall(root, 'prod'), undefined);
});

for (const [what, change] of [
  ['settings', () => write('Pulumi.dev.yaml', 'port: 3001')],
  ['packages', () => write('package-lock.json', '{}')],
  ['a component', () => write('components/platform/containers.ts', 'two')],
  ['a new file', () => write('ops/new.ts', '')],
  ['a file that is gone', () => rmSync(join(root, 'settings.ts'))],
  ['a note that is none', () => writeFileSync(join(stateFolder(root), 'verified-dev'), 'not JSON')],
  ['an update that has begun', () => forget(root, 'dev')],
]) {
  it(`is worthless after ${what}`, () => {
    change();
    assert.equal(recall(root, 'dev'), undefined);
  });
}
