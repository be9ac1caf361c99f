/** `bootstrap/run.mjs` as a program of its own. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';

const run = fileURLToPath(new URL('../../bootstrap/run.mjs', import.meta.url));

/** @param {string[]} args */
const called = (...args) => spawnSync(process.execPath, [run, ...args], { encoding: 'utf8' });

it('hands over to the command line, in silence', () => {
  const { status, stdout, stderr } = called('verify', '--help');
  assert.deepEqual([status, stderr], [0, '']);
  assert.match(stdout, /^npm run verify /);
});

it('says which commands there are', () => {
  const { status, stderr } = called('no-such-command');
  assert.equal(status, 1);
  assert.match(stderr, /^✘ usage: npm run setup \| up \|/);
});

it('shows its steps where the command shows its own', () => {
  const { status, stderr } = called('up', '--no-such-option');
  assert.equal(status, 1);
  assert.match(stderr, /^✔ Node\.js .*\n✔ npm packages .*\n✘ Unknown option '--no-such-option'/);
});
