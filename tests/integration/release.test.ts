/** What this project knows of the release of Open WebUI, against the release itself. */

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { APPLICATION_COMMANDS } from '../../components/valkey/acl.ts';
import { PANEL_VARIABLES, VARIABLES } from '../../core/webuiVariables.ts';
import { readStackFile } from '../../settings/file.ts';

const root = join(__dirname, '..', '..');

/** The image that a test machine has: the one of the stack `local`. */
const webuiImage = (): string => readStackFile(join(root, 'Pulumi.local.yaml'), 'open-webui', 'local').webui.image;

/** Lines that a script of tests/support prints in an image. */
async function read(script: string): Promise<string[]> {
  const image = webuiImage();
  const source = readFileSync(join(root, 'tests', 'support', script), 'utf8');
  const run = promisify(execFile)('docker', [
    ...['run', '--rm', '--interactive', '--network', 'none', '--pull', 'never', '--entrypoint', 'python3', image, '-'],
  ]);
  run.child.stdin?.on('error', () => undefined).end(source);
  const { stdout } = await run.catch((error: Error) => {
    throw new Error(`This test needs a Docker engine that has ${image}; npm test sets both up.\n${error.message}`);
  });
  return stdout.trim().split('\n');
}

it('the list of its variables is that of its source', async () => {
  const found = await read('openWebUiVariables.py');
  // New ones: add them to core/webuiVariables.ts, and to tests/support/openWebUiSecrets.txt where they hold a secret.
  expect({
    missing: found.filter((name) => !VARIABLES.includes(name)),
    gone: VARIABLES.filter((name) => !found.includes(name)),
  }).toEqual({ missing: [], gone: [] });
}, 60_000);

it('its user in Valkey may send every command of its source, those in scripts too', async () => {
  const sent = await read('openWebUiCommands.py');
  // As many as a reading by eye found: a script that reads nothing would agree with any list.
  expect(sent).toEqual(
    expect.arrayContaining(['hincrby', 'append', 'strlen', 'mget', 'zcount', 'publish', 'subscribe']),
  );
  expect(sent.filter((command) => !(APPLICATION_COMMANDS as readonly string[]).includes(command))).toEqual([]);
}, 60_000);

it('the list of variables on which its admin panel decides is that of its source', async () => {
  const found = await read('openWebUiPanel.py');
  // New or gone ones: the script's output is what has a star in core/webuiVariables.ts.
  expect(found).toEqual(PANEL_VARIABLES);
}, 60_000);
