/** What the state step lets Pulumi do to a stack file, with a Pulumi that only writes as the real one does. */

import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, beforeEach, it } from 'node:test';
import { stateStep, withoutSalt } from '../../bootstrap/steps/state.mjs';

const dir = mkdtempSync(join(tmpdir(), 'state-'));
after(() => rmSync(dir, { recursive: true, force: true }));

const OWN = '# Why it is so.\nconfig:\n  webui:\n    publish: { port: 3001 }\n';
const WRITTEN =
  '# Why it is so.\nconfig:\n  my-chat:webui:\n    publish: { port: 3001 }\nencryptionsalt: v1:abc=:v1:def==\n';

let root;
const file = () => join(root, 'Pulumi.dev.yaml');

beforeEach(() => {
  root = mkdtempSync(join(dir, 'project-'));
  writeFileSync(join(root, 'Pulumi.yaml'), 'name: my-chat\n');
  writeFileSync(join(root, 'written'), WRITTEN);
  const pulumi = join(root, 'pulumi');
  writeFileSync(pulumi, '#!/bin/sh\n[ "$2" = ls ] && echo "[]" || cp written Pulumi.dev.yaml\n');
  chmodSync(pulumi, 0o755);
});

/** Makes the stack, lets `meanwhile` change its file, and clears up. */
async function made(own, meanwhile = () => {}) {
  writeFileSync(file(), own);
  const env = { PATH: `${root}${delimiter}${process.env.PATH}`, PULUMI_HOME: root };
  await stateStep(env, () => {}, root, 'dev');
  assert.equal(readFileSync(file(), 'utf8'), WRITTEN);
  meanwhile();
  withoutSalt(root, 'dev');
  return readFileSync(file(), 'utf8');
}

for (const [which, own] of [
  ['without the project in its keys', OWN],
  ['with the project in its keys', OWN.replace('webui', 'my-chat:webui')],
]) {
  it(`leaves a stack file ${which} as it was`, async () => {
    assert.equal(await made(own), own);
  });
}

it('leaves the file of a stack that was made before as it was', async () => {
  writeFileSync(join(root, 'pulumi'), '#!/bin/sh\necho \'[{"name": "dev"}]\'\n');
  writeFileSync(file(), OWN);
  await stateStep({ PATH: `${root}${delimiter}${process.env.PATH}`, PULUMI_HOME: root }, () => {}, root, 'dev');
  writeFileSync(file(), WRITTEN);
  withoutSalt(root, 'dev');
  assert.equal(readFileSync(file(), 'utf8'), OWN);
});

it('keeps what was changed in the meantime', async () => {
  const changed = WRITTEN.replace('3001', '3002');
  assert.equal(await made(OWN, () => writeFileSync(file(), changed)), changed.replace(/encryptionsalt.*\n/, ''));
});

it('keeps the salt of encrypted values', async () => {
  const secret = `${WRITTEN.trimEnd()}\n  my-chat:webui:\n    secure: v1:x\n`;
  assert.equal(await made(OWN, () => writeFileSync(file(), secret)), secret);
});
