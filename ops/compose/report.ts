/** What a move comes to, for a person to read. */

import type { Unknown } from './source.ts';
import type { Plan, Step } from './steps.ts';
import type { Fate, Note } from './translate/draft.ts';

const HEADINGS: readonly (readonly [Fate, string])[] = [
  ['moves', 'Moves as it is'],
  ['better', 'Better from now on'],
  ['differs', 'Different, or left behind'],
  ['beside', 'Stays where it is'],
  ['cannot', 'Cannot move'],
];

const block = (heading: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [heading, ...lines.map((line) => `  - ${line}`), ''];

const steps = (heading: string, all: readonly Step[], numbered: boolean): string[] =>
  all.length === 0
    ? []
    : [
        heading,
        ...all.flatMap(({ text, commands }, index) => [
          `  ${numbered ? `${index + 1}.` : '-'} ${text}`,
          ...commands.map((command) => `       ${command}`),
        ]),
        '',
      ];

/** What becomes of everything, in groups. */
export const fates = (notes: readonly Note[], unknown: readonly Unknown[]): string =>
  [
    ...HEADINGS.flatMap(([fate, heading]) =>
      block(heading, [...new Set(notes.filter((note) => note.fate === fate).map(({ text }) => text))]),
    ),
    ...block(
      'Not known',
      unknown.map(({ text }) => text),
    ),
  ].join('\n');

/** What to do, in its order. */
export const todo = ({ steps: way, back, after }: Plan): string =>
  [
    ...steps('What to do', way, true),
    ...steps('If it does not work, back to what was there', back, true),
    ...steps('When it works', after, false),
  ].join('\n');
