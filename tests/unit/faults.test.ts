import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FAULTS, rounded, updated } from '../support/faults.ts';

const root = join(__dirname, '..', '..');
const page = readFileSync(join(root, 'docs', 'faults.md'), 'utf8');
const tests = globSync('tests/{faults,swarm}/*.test.ts', { cwd: root }).map((file) =>
  readFileSync(join(root, file), 'utf8'),
);

it('has a row for every fault, each as it is described here', () => {
  expect(updated(page)).toBe(page);
});

it('has a test for every row', () => {
  const made = tests.flatMap((text) => [...text.matchAll(/(?:fault|finished)\('([^']+)'/g)].map(([, name]) => name));
  expect(made.sort()).toEqual(Object.keys(FAULTS).sort());
});

it('changes no figure but the one that was seen', () => {
  const seen = updated(page, { 'valkey killed': 12.4 });
  const lines = (text: string) => text.split('\n');
  const changed = lines(seen).filter((line, index) => line !== lines(page)[index]);
  expect(changed.length).toBeLessThanOrEqual(1);
  expect(seen).toMatch(/^\| `kill -9` of Valkey \|.*\| 12 s \|/m);
});

it.each([
  [0.44, '0.4 s'],
  [6.2, '6 s'],
  [43.8, '44 s'],
  [127, '130 s'],
])('gives %d seconds as %s', (seconds, text) => {
  expect(rounded(seconds)).toBe(text);
});
