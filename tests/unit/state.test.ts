/** What opening a state lets Pulumi do to a stack file, with a Pulumi that only writes as the real one does. */

import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { openState } from '../../cli/state.ts';

const dir = mkdtempSync(join(tmpdir(), 'state-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const OWN = '# Why it is so.\nconfig:\n  webui:\n    publish: { port: 3001 }\n';
const WRITTEN =
  '# Why it is so.\nconfig:\n  my-chat:webui:\n    publish: { port: 3001 }\nencryptionsalt: v1:abc=:v1:def==\n';

let root: string;
const file = () => join(root, 'Pulumi.dev.yaml');
const text = () => readFileSync(file(), 'utf8');

/** A Pulumi CLI that runs a line of shell. */
function pulumi(line: string): void {
  writeFileSync(join(root, 'pulumi'), `#!/bin/sh\n${line}\n`);
  chmodSync(join(root, 'pulumi'), 0o755);
}

beforeEach(() => {
  root = mkdtempSync(join(dir, 'project-'));
  writeFileSync(join(root, 'written'), WRITTEN);
  pulumi('[ "$2" = ls ] && echo "[]" || cp written Pulumi.dev.yaml');
});

const open = (create = true) =>
  openState(
    { root, env: { PATH: `${root}${delimiter}${process.env['PATH']}`, PULUMI_HOME: root } },
    { project: 'my-chat', stack: 'dev', create, progress: () => {} },
  );

/** Creates the stack, lets `meanwhile` change its file, and tidies up. */
async function created(own: string, meanwhile: () => void = () => {}): Promise<string> {
  writeFileSync(file(), own);
  const { tidy } = await open();
  expect(text()).toBe(WRITTEN);
  meanwhile();
  tidy();
  return text();
}

it.each([
  ['without the project in its keys', OWN],
  ['with the project in its keys', OWN.replace('webui', 'my-chat:webui')],
])('leaves a stack file %s as it was', async (_, own) => {
  expect(await created(own)).toBe(own);
});

it('leaves the file of a stack that was created before as it was', async () => {
  pulumi(`echo '[{"name": "dev"}]'`);
  writeFileSync(file(), OWN);
  const { tidy } = await open(false);
  writeFileSync(file(), WRITTEN);
  tidy();
  expect(text()).toBe(OWN);
});

it('keeps what was changed in the meantime', async () => {
  const changed = WRITTEN.replace('3001', '3002');
  expect(await created(OWN, () => writeFileSync(file(), changed))).toBe(changed.replace(/encryptionsalt.*\n/, ''));
});

it('keeps the salt of encrypted values', async () => {
  const secret = `${WRITTEN.trimEnd()}\n  my-chat:webui:\n    secure: v1:x\n`;
  expect(await created(OWN, () => writeFileSync(file(), secret))).toBe(secret);
});

it('refuses a stack that is not deployed where none is to be created', async () => {
  writeFileSync(file(), OWN);
  await expect(open(false)).rejects.toThrow('The stack dev is not deployed. npm run up -- --stack dev deploys it.');
  expect(text()).toBe(OWN);
});

it('does without the attributes of a state that a killed Pulumi has left half written, which no command can read', async () => {
  writeFileSync(file(), OWN);
  const stacks = join(root, '.pulumi-state', '.pulumi', 'stacks', 'my-chat');
  const left = { 'dev.json': '{}', 'dev.json.attrs': '', 'dev.json.bak.attrs': '{"user.', 'other.json.attrs': '' };
  mkdirSync(stacks, { recursive: true });
  for (const [name, content] of Object.entries(left)) writeFileSync(join(stacks, name), content);
  const kept = () => Object.keys(left).filter((name) => existsSync(join(stacks, name)));
  await open(false);
  expect(kept()).toEqual(['dev.json', 'other.json.attrs']);
  writeFileSync(join(stacks, 'dev.json.attrs'), '{"user.content_type":"text/plain"}');
  await open(false);
  expect(kept()).toEqual(['dev.json', 'dev.json.attrs', 'other.json.attrs']);
});
