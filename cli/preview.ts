/** `npm run preview -- --stack NAME --markdown`: a preview as a report for people who review the change. */

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { automation } from '@pulumi/pulumi';
import { command } from '../ops/command.ts';
import { FAILED, findings } from '../ops/preview/changes.ts';
import { code as inline, type Preview, report } from '../ops/preview/report.ts';
import { type Scratch, scratch } from '../ops/preview/scratch.ts';

function eventsIn(file: string): automation.EngineEvent[] {
  // None were written when it failed before the engine started.
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

/**
 * Previews a stack with the policy pack. The automation API reads the same event log, but would first select the stack for whoever
 * uses this checkout.
 */
async function preview(stack: string, flags: string[], state?: Scratch): Promise<Preview> {
  const dir = mkdtempSync(join(tmpdir(), 'open-webui-events-'));
  try {
    const file = join(dir, 'events.json');
    const { code, stdout, stderr } = await command(
      'pulumi',
      [
        ...['preview', '--stack', stack, '--policy-pack', 'policy', '--diff'],
        ...['--event-log', file, '--color', 'never', '--non-interactive'],
        ...(state ? ['--config-file', state.configFile] : []),
        ...flags,
      ],
      '',
      // The option for the log is one of those for programs.
      { env: { ...(state?.env ?? process.env), PULUMI_DEBUG_COMMANDS: 'true' } },
    );
    const found = findings(eventsIn(file));
    const explained = code === 0 || found.errors.length > 0 || found.violations.some(({ mandatory }) => mandatory);
    const last = stderr.replaceAll(/^error: /gm, '').trim();
    if (!explained) found.errors.push(last === FAILED ? stdout : last || stdout || `pulumi ended with ${code}`);
    return { ...found, stack, code: code ?? 1, text: stdout };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** What a reader has to know about a preview that was not held against the stack's own state. */
function noteOn(stack: string, { hidden }: Scratch): string {
  const settings = hidden.map((path) => inline(path)).join(', ');
  return `Compared with nothing: no state of ${inline(stack)} was available, so all of it is to be created.${
    hidden.length ? ` Encrypted settings have another value here: ${settings}.` : ''
  }`;
}

async function main(): Promise<number> {
  const { values, positionals: flags } = parseArgs({
    options: { stack: { type: 'string' }, 'no-state': { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const { stack } = values;
  if (!stack) throw new Error('which stack? npm run preview -- --stack NAME --markdown');
  const state = values['no-state'] ? await scratch(stack) : undefined;
  try {
    const found = await preview(stack, flags, state);
    console.log(report({ ...found, note: state && noteOn(stack, state) }));
    for (const text of found.errors) console.error(`✘ ${text}`);
    for (const { mandatory, message } of found.violations) console.error(`${mandatory ? '✘' : '!'} ${message}`);
    return found.code;
  } finally {
    state?.remove();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`✘ ${(error as Error).message}`);
  process.exitCode = 1;
}
