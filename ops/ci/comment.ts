/**
 * Puts the reports of `npm run preview -- --markdown` into one comment on the pull request, the same one each time:
 *
 *   node ops/ci/comment.ts FOLDER '["dev", "prod"]'
 *
 * The folder holds `preview-STACK.md` for each of these stacks. Needs nothing but Node.js, as it runs with a token that may write.
 */

import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Forge, forge } from './forge.ts';

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

function reportOf(folder: string, stack: string): string {
  const file = join(folder, `preview-${stack}.md`);
  const text = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  return (
    text ||
    `${MARKER}${stack} -->\n### Preview of \`${stack}\`\n\n**There is no report**: the run ended before it. Its log tells why.`
  );
}

/** Writes the comment or changes it; nothing is written where nothing is to be said. Returns what was done. */
export async function comment(api: Forge, reports: readonly string[]): Promise<string> {
  const present = await api.find((body) => body.startsWith(MARKER));
  if (!reports.length && !present) return 'nothing to say';
  const body = reports.length
    ? joined(reports, api.limit)
    : `${MARKER}none -->\nThis change touches no stack any more.`;
  await (present ? api.change(present, body) : api.create(body));
  return present ? 'comment changed' : 'comment made';
}

async function main([folder, stacks]: string[]): Promise<void> {
  if (!folder || !stacks) throw new Error(`which reports? node ops/ci/comment.ts FOLDER '["STACK"]'`);
  const reports = (JSON.parse(stacks) as string[]).map((stack) => reportOf(folder, stack));
  const api = forge(process.env);
  try {
    console.log(await comment(api, reports));
  } catch (error) {
    if (!(error as { forbidden?: boolean }).forbidden) throw error;
    // The token of a run for a fork may only read.
    const file = process.env['GITHUB_STEP_SUMMARY'];
    if (file) appendFileSync(file, `${reports.join('\n\n')}\n`);
    console.log(
      `::notice::No comment, as this run may not write one: the previews are ${file ? 'in its summary' : 'in its files'}`,
    );
  }
}

if (process.argv[1]?.endsWith('comment.ts')) {
  main(process.argv.slice(2)).catch((error: Error) => {
    console.error(`✘ ${error.message}`);
    process.exitCode = 1;
  });
}
