import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Puts a section with new figures into docs/performance.md, in the place of the one with the same heading. */
export function replaceSection(root: string, head: string, section: string): void {
  const file = join(root, 'docs', 'performance.md');
  const page = readFileSync(file, 'utf8');
  const start = page.indexOf(`${head}\n`);
  const end = page.indexOf('\n## ', start);
  if (start < 0 || end < 0) throw new Error(`${file} has no section "${head}" with another one after it`);
  writeFileSync(file, page.slice(0, start) + section + page.slice(end));
}
