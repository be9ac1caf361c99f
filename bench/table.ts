/** Tables of docs/performance.md, and figures as they stand in them. */

export const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** The lines of a table. */
export const table = (heads: readonly string[], rows: readonly string[]): string[] => [
  row(...heads),
  row(...heads.map(() => '---')),
  ...rows,
];

export const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;
export const times = (value: number, to: number): string => `${(value / to).toFixed(2)} ×`;

/** The sum of counts by their names. */
export const total = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);
