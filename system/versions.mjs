/**
 * Whether version `a` is at least version `b`; both as `1.2.3`, with or without a `v`.
 *
 * @param {string} a
 * @param {string} b
 */
export function atLeast(a, b) {
  /** @param {string} text */
  const numbers = (text) =>
    text
      .replace(/^v/, '')
      .split('.')
      .map((part) => Number.parseInt(part, 10));
  const [x, y] = [numbers(a), numbers(b)];
  for (const i of [0, 1, 2]) if (x[i] !== y[i]) return (x[i] ?? 0) > (y[i] ?? 0);
  return true;
}
