/** Commands on stacks of other people's programs: what is refused before anything is asked. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command as restore } from '../../cli/restore.ts';
import { command as rotate } from '../../cli/rotate.ts';
import { command as verify } from '../../cli/verify.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'guest-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const refusal = async ({ run }: typeof verify, ...args: string[]) => {
  try {
    await run(args, { root: dir, env: { PULUMI_HOME: join(dir, 'home') } });
  } catch (error) {
    const { message, next } = error as Error & { next?: string };
    return [message, next].filter(Boolean).join(' | ');
  }
  return '';
};

it('a folder without a program', async () => {
  expect(await refusal(verify, '--cwd', 'shop')).toBe(
    `There is no Pulumi.yaml in ${join(dir, 'shop')} | name the folder of your program with --cwd`,
  );
});

it('a program whose state is nowhere', async () => {
  writeFileSync(join(dir, 'Pulumi.yaml'), 'name: shop\nruntime: yaml\n');
  expect(await refusal(verify, '--cwd', '.')).toBe(
    `Where is the state of the program in ${dir}? | pulumi login, or PULUMI_BACKEND_URL, as when it was deployed`,
  );
});

it('options that only such a program has', async () => {
  expect(await refusal(verify, '--component', 'chat')).toBe(
    '--component names a deployment of another program: add --cwd FOLDER',
  );
  expect(await refusal(restore, '--from', 'FILE', '--update')).toBe(
    '--update is for a program of --cwd: for a stack file, restore sees whether it names another image',
  );
});

it.each([
  [
    'valkey',
    "in that folder, pulumi up --replace '**openwebui:index:Secrets$**::*valkey-password' --replace '**openwebui:index:Secrets$**::*operator-password'",
  ],
  ['admin', 'change the password in the page'],
  [
    'session',
    "in that folder, pulumi up --replace '**openwebui:index:Secrets$**::*session-key', unless users have a second factor, which the session key encrypts",
  ],
])('a rotation of %s, with what does the same', async (secret, next) => {
  expect(await refusal(rotate, '--secret', secret, '--cwd', '.')).toBe(
    `rotate works only on stacks of this project's own program | ${next}`,
  );
});
