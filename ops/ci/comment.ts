/**
 * The reports of `npm run preview -- --markdown` in one comment on the pull request, the same one each time. Needs nothing but Node.js,
 * as it runs with a token that may write.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Forge } from './forge.ts';

/** How every comment of this kind begins; each report has such a line first, with its stack. */
const MARKER = '<!-- open-webui preview: ';

const CUT = '_The comment would be too long: the rest is in the reports that the run keeps._';

const DETAILS = /<details>[\s\S]*?\n<\/details>/g;

/** One text of at most `limit` characters, with details in it as far as there is room. */
export function joined(reports: readonly string[], limit: number): string {
  const whole = reports.join('\n\n');
  if (whole.length <= limit) return whole;
  const brief = reports.map((report) => report.replace(DETAILS, CUT)).join('\n\n');
  if (brief.length <= limit) return brief;
  return `${brief.slice(0, brief.lastIndexOf('\n', limit - CUT.length - 2))}\n\n${CUT}`;
}

/** The report in `preview-STACK.md`, or that there is none. */
export function reportOf(folder: string, stack: string): string {
  const file = join(folder, `preview-${stack}.md`);
  const text = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  return (
    text ||
    `${MARKER}${stack} -->\n### Preview of \`${stack}\`\n\n**There is no report**: the run ended before it. Its log says why.`
  );
}

/** Creates the comment or changes it; creates none without reports. Returns what was done. */
export async function putComment(api: Forge, reports: readonly string[]): Promise<string> {
  const present = await api.find((body) => body.startsWith(MARKER));
  if (!reports.length && !present) return 'nothing to say';
  const body = reports.length
    ? joined(reports, api.limit)
    : `${MARKER}none -->\nThis change no longer affects any stack.`;
  await (present ? api.change(present, body) : api.create(body));
  return present ? 'comment changed' : 'comment created';
}
