/** Compose projects of the tests: their files in folders of their own, and what becomes of them. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type ComposeOptions, readCompose } from '../../ops/compose/file/read.ts';
import { find } from '../../ops/compose/find.ts';
import type { Source } from '../../ops/compose/source.ts';
import { type Plan, plan } from '../../ops/compose/steps.ts';
import type { Fate, Wanted } from '../../ops/compose/translate/draft.ts';
import { translate } from '../../ops/compose/translate/index.ts';

/** A Compose file of tests/support/compose. */
export const fixture = (name: string): string => readFileSync(join(__dirname, 'compose', `${name}.yml`), 'utf8');

const folders: string[] = [];

/** Removes the folders of all projects; to be called after each test. */
export function removeProjects(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
}

/** A folder named `chat` with some files. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const dir = join(mkdtempSync(join(tmpdir(), 'open-webui-compose-')), 'chat');
  folders.push(dirname(dir));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  return dir;
}

/** Reads a project; a text alone is its Compose file. */
export function read(
  files: string | Readonly<Record<string, string>>,
  options: Partial<ComposeOptions> = {},
): Source & { dir: string } {
  const dir = folderWith(typeof files === 'string' ? { 'compose.yml': files } : files);
  const paths = (options.files ?? ['.']).map((file) => join(dir, file));
  const envFiles = (options.envFiles ?? []).map((file) => join(dir, file));
  return { ...readCompose({ env: {}, profiles: [], ...options, files: paths, envFiles }), dir };
}

export interface Moved {
  /** The stack file. */
  config: Record<string, unknown>;
  secrets: Record<string, string>;
  notes: Record<Fate, string[]>;
  upgrades: boolean;
  plan: Plan;
}

/** What becomes of a deployment. */
export function move(
  source: Source,
  { stack = 'chat', named = {}, wanted = [] }: { stack?: string; named?: object; wanted?: readonly Wanted[] } = {},
): Moved {
  const found = find(source, named);
  const { draft, upgrades } = translate(source, found, { project: 'open-webui', stack, wanted });
  const hasKey = draft.secrets.some(({ path }) => path.at(-1) === 'sessionKey');
  const of = (fate: Fate) => draft.notes.filter((note) => note.fate === fate).map(({ text }) => text);
  return {
    config: draft.file,
    secrets: Object.fromEntries(draft.secrets.map(({ path, value }) => [path.join('.'), value])),
    notes: {
      moves: of('moves'),
      better: of('better'),
      differs: of('differs'),
      beside: of('beside'),
      cannot: of('cannot'),
    },
    upgrades,
    plan: plan(source, found, { stack, upgrades, hasKey, volume: draft.defaults.webui.volume }),
  };
}

const isPublished = (line: string) => /^(ports|network_mode):/.test(line);

/** A web UI with one of its keys as given, in YAML; it is published unless the lines say otherwise. */
export const webui = (...lines: string[]): string =>
  [
    'services:',
    '  ui:',
    '    image: ghcr.io/open-webui/open-webui:v0.12.4',
    ...(lines.some(isPublished) ? [] : ['    ports: ["3000:8080"]']),
    ...lines.map((line) => `    ${line}`),
    '',
  ].join('\n');
