import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { jsonText, stackFileSchema, withTable } from '../settings/reference.ts';
import type { Command } from './command.ts';

/** The page with the table of settings. */
const PAGE = 'docs/settings.md';

/** The JSON Schema that the first line of each stack file names. */
const SCHEMA = 'settings/stack.schema.json';

export const command: Command = {
  summary: 'write the reference of all settings from their schema',
  usage: 'npm run docs',
  async run(args, { root }) {
    parseArgs({ args: [...args], options: {} });
    const page = join(root, PAGE);
    writeFileSync(page, withTable(readFileSync(page, 'utf8')));
    writeFileSync(join(root, SCHEMA), jsonText(stackFileSchema()));
    console.log(`Wrote ${PAGE} and ${SCHEMA}.`);
    return 0;
  },
};
