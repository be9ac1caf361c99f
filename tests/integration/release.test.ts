/** What this project knows of the release of Open WebUI, against the release itself. */

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { VARIABLES } from '../support/openWebUiVariables.ts';

const root = join(__dirname, '..', '..');

/** The image that a test machine has: the one of the stack `local`. */
function webuiImage(): string {
  const { config } = parse(readFileSync(join(root, 'Pulumi.local.yaml'), 'utf8')) as {
    config: { webui?: { image?: string } };
  };
  const image = config.webui?.image;
  if (!image) throw new Error('Pulumi.local.yaml names no image of Open WebUI.');
  return image;
}

/** Names of the variables that the source in an image reads. */
async function variablesOf(image: string): Promise<string[]> {
  const script = readFileSync(join(root, 'tests', 'support', 'openWebUiVariables.py'), 'utf8');
  const run = promisify(execFile)('docker', [
    ...['run', '--rm', '--interactive', '--network', 'none', '--pull', 'never', '--entrypoint', 'python3', image, '-'],
  ]);
  run.child.stdin?.on('error', () => undefined).end(script);
  const { stdout } = await run.catch((error: Error) => {
    throw new Error(`This test needs a Docker engine that has ${image}; npm test sets both up.\n${error.message}`);
  });
  return stdout.trim().split('\n');
}

it('the list of its variables is that of its source', async () => {
  const found = await variablesOf(webuiImage());
  const listed = VARIABLES.map(({ name }) => name);
  // New ones: add them to tests/support/openWebUiVariables.txt, with the mark where they hold a secret.
  expect({
    missing: found.filter((name) => !listed.includes(name)),
    gone: listed.filter((name) => !found.includes(name)),
  }).toEqual({ missing: [], gone: [] });
}, 60_000);
