/** What one tool took in one round. */
export interface Figures {
  /** Seconds from nothing to a healthy web UI. */
  up: number;
  /** Seconds to find out that nothing is to be changed; undefined for a tool that cannot. */
  noop: number | undefined;
  /** The same for a program with nothing in it. */
  empty: number | undefined;
  /** Seconds of an update that changes nothing, and of the command around it that sees to what is missing and proves the rest. */
  bare: number | undefined;
  command: number | undefined;
  /** MiB that both containers hold when the web UI has just become healthy. */
  memory: number;
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
};

/** The value that a share of all values does not exceed. */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] as number;
};

/** Median of the quotients of two series, round by round: a machine that was slow in one round was slow for both. */
export const ratio = (values: readonly number[], to: readonly number[]): number =>
  median(values.map((value, round) => value / (to[round] as number)));

/** How much a ratio may grow before it is more than chance: two runs on a busy machine differed by less. */
const TOLERANCE = 1.15;

/** What has become slower than it was, as lines for people; both by the name of the comparison. */
export const slower = (now: Readonly<Record<string, number>>, before: Readonly<Record<string, number>>): string[] =>
  Object.entries(now).flatMap(([name, value]) => {
    const was = before[name];
    if (was === undefined || value <= was * TOLERANCE) return [];
    return [`${name}: ${value.toFixed(2)} ×, and it was ${was.toFixed(2)} ×`];
  });
