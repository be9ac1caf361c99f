/** A preview as markdown, for a comment on a pull request. Everything that is not this file's own words stands in code. */

import type { Change, Findings, Operation, Violation } from './changes.ts';

export interface Preview extends Findings {
  stack: string;
  /** Exit code of `pulumi preview`. */
  code: number;
  /** What `pulumi preview --diff` printed. */
  text: string;
  /** Said before everything else: what the stack was compared with, when it was not its state. */
  note?: string | undefined;
}

/** Characters of the full text that a report shows; a comment on GitHub has room for 65,536 in all. */
const TEXT_LIMIT = 20_000;

/** Properties of one object that a report names. */
const PATHS_LIMIT = 8;

/** First line of every report, by which a comment is found again. */
export const marker = (stack: string): string => `<!-- open-webui preview: ${stack} -->`;

/** Longer than any run of backticks in a text, so that nothing in it can end what it stands in. */
const fence = (text: string, least: number): string =>
  '`'.repeat(Math.max(least, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)));

/** Text in a line: no markdown, mention or HTML in it has an effect. */
export function code(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  const ticks = fence(line, 1);
  return ticks === '`' ? `\`${line}\`` : `${ticks} ${line} ${ticks}`;
}

/** Likewise, text of several lines. */
export function block(text: string): string {
  const ticks = fence(text, 3);
  return `${ticks}text\n${text.trimEnd()}\n${ticks}`;
}

function cut(text: string): string {
  if (text.length <= TEXT_LIMIT) return text;
  const end = text.lastIndexOf('\n', TEXT_LIMIT);
  return `${text.slice(0, end)}\n… ${text.length - end} characters more: run the preview yourself to see them`;
}

const WORDS: Record<Operation, string> = {
  create: 'to create',
  update: 'to change',
  replace: 'to replace',
  delete: 'to delete',
  import: 'to take over',
};

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

function summary({ changes, unchanged, notes, violations, code: exit }: Preview): string {
  const counts = (Object.keys(WORDS) as Operation[]).flatMap((operation) => {
    const { length } = changes.filter((change) => change.operation === operation);
    return length ? [`${length} ${WORDS[operation]}`] : [];
  });
  const broken = violations.filter(({ mandatory }) => mandatory).length;
  const advice = violations.length - broken;
  const policies = [
    ...(broken ? [`**${plural(broken, 'violation')} of the policies**`] : []),
    ...(advice ? [`${plural(advice, 'piece')} of advice`] : []),
  ];
  if (!counts.length && exit === 0) {
    const noted = notes ? ` Only Pulumi's own records are updated (${notes}).` : '';
    return `Nothing changes: ${unchanged} as they are.${noted}${policies.length ? ` ${policies.join(', ')}.` : ''}`;
  }
  return `${[...counts, ...(unchanged ? [`${unchanged} as they are`] : []), ...policies].join(', ')}.`;
}

function differences(paths: string[]): string {
  const shown = paths.slice(0, PATHS_LIMIT).map(code).join(', ');
  return paths.length > PATHS_LIMIT ? `${shown} and ${paths.length - PATHS_LIMIT} more` : shown;
}

const because = ({ paths }: Change): string => (paths.length ? ` (${differences(paths)})` : '');

/** What becomes of the data in a volume that is replaced or deleted. */
const fate = ({ id, kept, operation }: Change): string =>
  kept
    ? ` The old volume ${code(id)} is kept on the engine${operation === 'replace' ? ', and the container starts with another' : ''}.`
    : ` The volume ${code(id)} is deleted with everything in it.`;

const alarm = (change: Change): string =>
  `- **${change.operation} ${code(change.name)}**, ${code(change.type)}${because(change)}.${change.data ? ` **${fate(change).trim()}**` : ''}`;

function table(changes: Change[]): string[] {
  if (!changes.length) return [];
  const row = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const rows = changes.map(({ name, type, paths }) => row([code(name), code(type), differences(paths)]));
  return [[row(['To change', 'Type', 'What differs']), row(['---', '---', '---']), ...rows].join('\n')];
}

const list = (title: string, changes: Change[]): string[] =>
  changes.length ? [`${title}: ${changes.map(({ name }) => code(name)).join(', ')}.`] : [];

const section = (title: string, lines: string[]): string[] =>
  lines.length ? [`**${title}**\n\n${lines.join('\n\n')}`] : [];

const violated = ({ policy, resource, message }: Violation): string =>
  `- ${code(policy)}${resource ? `, ${code(resource)}` : ''}\n\n${block(message)}`;

/** The report, without any value of a property: those stand only in Pulumi's own text, which knows what is secret. */
export function report(preview: Preview): string {
  const { stack, changes, violations, warnings, errors, text, note } = preview;
  const destructive = changes.filter(({ operation }) => operation === 'replace' || operation === 'delete');
  const only = (operation: Operation) => changes.filter((change) => change.operation === operation);
  return [
    `${marker(stack)}\n### Preview of ${code(stack)}`,
    ...(note ? [note] : []),
    ...(errors.length ? [`**The preview failed.**\n\n${errors.map(block).join('\n\n')}`] : []),
    ...(errors.length && !changes.length ? [] : [summary(preview)]),
    ...section('Data would be replaced or deleted', destructive.filter(({ data }) => data).map(alarm)),
    ...section('Would be replaced or deleted', destructive.filter(({ data }) => !data).map(alarm)),
    ...table(only('update')),
    ...list('To create', only('create')),
    ...list('To take over', only('import')),
    ...section(
      'Violated policies: this cannot be deployed',
      violations.filter(({ mandatory }) => mandatory).map(violated),
    ),
    ...section('Advice of the policies', violations.filter(({ mandatory }) => !mandatory).map(violated)),
    ...section('Warnings', warnings.map(block)),
    ...(changes.length && text.trim()
      ? [`<details><summary>The full pulumi preview --diff</summary>\n\n${block(cut(text))}\n\n</details>`]
      : []),
  ].join('\n\n');
}
