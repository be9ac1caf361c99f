/** A preview of a stack with the policy pack, as findings. */

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { automation } from '@pulumi/pulumi';
import { pulumiOn, type Workspace } from '../pulumi.ts';
import { FAILED, findings } from './changes.ts';
import { code as inline, type Preview } from './report.ts';
import { createScratch, type Scratch } from './scratch.ts';

function eventsIn(file: string): automation.EngineEvent[] {
  // None were written when it failed before the engine started.
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

/**
 * Previews a stack. The automation API reads the same event log, but would first select the stack for everything else that uses this
 * checkout.
 *
 * @param flags further options of `pulumi preview`.
 */
export async function preview(workspace: Workspace, flags: readonly string[], configFile?: string): Promise<Preview> {
  const dir = mkdtempSync(join(tmpdir(), 'open-webui-events-'));
  try {
    const file = join(dir, 'events.json');
    // The option for the log is one of those for programs.
    const env = { ...workspace.env, PULUMI_DEBUG_COMMANDS: 'true' };
    const { code, stdout, stderr } = await pulumiOn({ ...workspace, env }).capture([
      ...['preview', '--policy-pack', 'policy', '--diff', '--event-log', file],
      ...['--color', 'never', '--non-interactive'],
      ...(configFile ? ['--config-file', configFile] : []),
      ...flags,
    ]);
    const found = findings(eventsIn(file));
    const explained = code === 0 || found.errors.length > 0 || found.violations.some(({ mandatory }) => mandatory);
    const last = stderr.replaceAll(/^error: /gm, '').trim();
    if (!explained) found.errors.push(last === FAILED ? stdout : last || stdout || `pulumi ended with ${code}`);
    return { ...found, stack: workspace.stack, code: typeof code === 'number' ? code : 1, text: stdout };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** What a reader has to know about a preview that was not compared with the stack's own state. */
function noteOn(stack: string, { hidden }: Scratch): string {
  const settings = hidden.map((path) => inline(path)).join(', ');
  return `Compared with nothing: no state of ${inline(stack)} was available, so everything is to be created.${
    hidden.length ? ` Encrypted settings have another value here: ${settings}.` : ''
  }`;
}

/** Previews a stack whose state is not available, against an empty one; leaves nothing behind. */
export async function previewWithoutState(workspace: Workspace, flags: readonly string[]): Promise<Preview> {
  const scratch = await createScratch(workspace);
  try {
    const found = await preview({ ...workspace, env: scratch.env }, flags, scratch.configFile);
    return { ...found, note: noteOn(workspace.stack, scratch) };
  } finally {
    scratch.remove();
  }
}
