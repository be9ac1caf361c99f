/** `npm run up`, killed at twenty moments of a deployment and of an update, and run again. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Deployment } from '../support/deployment.ts';
import { docker, labelOf } from '../support/docker.ts';
import { embeddedState } from '../support/embedded.ts';
import { note } from '../support/faults.ts';
import { upKilled, type Victim } from '../support/killing.ts';
import { Belongings, whole } from '../support/recovery.ts';

jest.setTimeout(900_000);

let life: Deployment;
let state: ReturnType<typeof embeddedState>;
let belongings: Belongings;

async function run(command: string): Promise<void> {
  const words = ['bootstrap/run.mjs', command, '--stack', life.stack];
  const { code, stdout, stderr } = await life.run('node', words, state.env);
  if (code !== 0) throw new Error(`npm run ${command} ended with ${code}:\n${stderr}\n${stdout}`);
}

beforeAll(async () => {
  life = await Deployment.create('twenty');
  state = embeddedState();
  await run('up');
  // For a look into the state that the command has made.
  Object.assign(life.env, {
    PULUMI_BACKEND_URL: `file://${life.dir}/.pulumi-state`,
    PULUMI_CONFIG_PASSPHRASE: readFileSync(join(life.dir, '.pulumi-state', 'passphrase'), 'utf8'),
    PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER: 'true',
  });
  belongings = new Belongings(life);
  await belongings.leave();
});

afterAll(async () => {
  await life?.remove();
  state?.remove();
});

const slowest = { 'deployment killed': 0, 'update killed': 0 };

/** One `npm run up` finishes what was killed, and touches nothing that people had. */
async function finished(what: keyof typeof slowest): Promise<void> {
  const since = Date.now();
  await run('up');
  const seconds = (Date.now() - since) / 1000;
  expect(await whole(life)).toBe(true);
  expect(await belongings.lost()).toEqual([]);
  const left = await docker('ps', '--all', '--filter', `label=${labelOf(life.stack)}`, '--format', '{{.Names}}');
  expect(left.split('\n').sort()).toEqual([life.webui, life.valkey].sort());
  slowest[what] = Math.max(slowest[what], seconds);
  note(what, slowest[what]);
}

const valkey = () => life.valkey;
const webui = () => life.webui;

describe('a deployment', () => {
  it.each<[Victim, string, (() => string) | undefined]>([
    ['CLI', 'before create chat-network-bridge', undefined],
    ['plugin', 'before create chat-valkey-data', undefined],
    ['Node.js', 'before create chat-network-bridge', undefined],
    ['everything', 'after create chat-webui-data', undefined],
    ['CLI', 'before create chat-valkey-container', undefined],
    ['plugin', 'before create chat-webui-container', undefined],
    ['everything', 'docker create', valkey],
    ['CLI', 'docker start', webui],
    ['plugin', 'docker start', webui],
    ['Node.js', 'after create chat-valkey-container', undefined],
  ])('whose %s is killed at "%s" is finished by the next npm run up', async (victim, event, container) => {
    await run('down');
    await upKilled(life, state.env, { victim, moment: container ? `${event} ${container()}` : event });
    await finished('deployment killed');
  });
});

describe('an update', () => {
  let changes = 1;

  it.each<[Victim, string, (() => string) | undefined]>([
    ['CLI', 'before delete-replaced chat-valkey-container', undefined],
    ['plugin', 'docker die', valkey],
    ['everything', 'docker destroy', valkey],
    ['Node.js', 'before delete-replaced chat-webui-container', undefined],
    ['CLI', 'docker destroy', webui],
    ['plugin', 'docker create', valkey],
    ['everything', 'docker start', webui],
    ['CLI', 'after create-replacement chat-valkey-container', undefined],
    ['plugin', 'before create-replacement chat-webui-container', undefined],
    ['Node.js', 'docker health_status: healthy', valkey],
  ])('whose %s is killed at "%s" is finished by the next npm run up', async (victim, event, container) => {
    changes++;
    life.config.valkey['snapshot'] = { changes };
    life.config.webui['env'] = { WEBUI_NAME: `Update ${changes}` };
    life.writeConfig();
    await upKilled(life, state.env, { victim, moment: container ? `${event} ${container()}` : event });
    await finished('update killed');
    expect(await docker('inspect', '--format', '{{json .Config.Cmd}}', life.valkey)).toContain(`"30","${changes}"`);
    expect(await docker('inspect', '--format', '{{json .Config.Env}}', life.webui)).toContain(`Update ${changes}`);
  });
});
