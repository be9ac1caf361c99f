import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FAULTS, rounded, SWARM_FAULTS, updated, VALKEY_FAULTS } from '../support/faults.ts';

const root = join(__dirname, '..', '..');
const page = readFileSync(join(root, 'docs', 'faults.md'), 'utf8');
const tests = globSync('tests/{faults,swarm}/*.test.ts', { cwd: root }).map((file) =>
  readFileSync(join(root, file), 'utf8'),
);

it('has a row for every fault, each as it is described here', () => {
  expect(updated(page)).toBe(page);
});

it('has a test for every row', () => {
  const made = tests.flatMap((text) => [...text.matchAll(/(?:fault|finished)\('([^']+)'/gi)].map(([, name]) => name));
  expect(made.sort()).toEqual([FAULTS, SWARM_FAULTS, VALKEY_FAULTS].flatMap(Object.keys).sort());
});

it('changes no figure but the one that was seen', () => {
  const seen = updated(page, { 'valkey killed': 12.4 });
  const lines = (text: string) => text.split('\n');
  const changed = lines(seen).filter((line, index) => line !== lines(page)[index]);
  expect(changed.length).toBeLessThanOrEqual(1);
  expect(seen).toMatch(/^\| `kill -9` of Valkey \|.*\| 12 s \|/m);
});

it('says how many requests failed and events were lost on a Swarm', () => {
  const noticed = { seconds: 61, requests: { of: 250, lost: 2 }, events: { of: 3000, lost: 40 } };
  expect(updated(page, { 'worker lost': noticed })).toMatch(
    /^\| A worker loses its power.* \| 180 s \| 61 s \| 2 of 250 \| 40 of 3000 \|$/m,
  );
});

it('says how long three Valkeys on a Swarm left people without events', () => {
  const [requests, events] = [
    { asked: 400, failed: ['502'], longest: 6.1 },
    { sent: 200, lost: 8, silence: 7.4 },
  ];
  expect(updated(page, { 'Swarm primary hangs': { seconds: 61, ...requests, ...events } })).toMatch(
    /^\| The primary hangs .* \| 180 s \| 61 s \| 7 s \| 8 of 200 \| 1 of 400 \| 6 s \|$/m,
  );
});

it.each([
  [0.44, '0.4 s'],
  [6.2, '6 s'],
  [43.8, '44 s'],
  [127, '130 s'],
])('gives %d seconds as %s', (seconds, text) => {
  expect(rounded(seconds)).toBe(text);
});
