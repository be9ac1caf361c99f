/** A plot as SVG, readable on light and on dark ground. */

import { median } from './statistics.ts';

const ROW = 34;
const LEFT = 130;
const WIDTH = 640;

/** Bars of the medians, with a dot for each round. */
export function plot(title: string, series: readonly (readonly [string, readonly number[]])[]): string {
  const most = Math.max(...series.flatMap(([, values]) => values));
  const x = (value: number) => LEFT + (value / most) * (WIDTH - LEFT - 70);
  const rows = series.map(([name, values], row) => {
    const y = 40 + row * ROW;
    const middle = median(values);
    const dots = values.map((value) => `<circle cx="${x(value).toFixed(1)}" cy="${y + 11}" r="2.5" fill="#555"/>`);
    return (
      `<text x="${LEFT - 8}" y="${y + 15}" text-anchor="end">${name}</text>` +
      `<rect x="${LEFT}" y="${y}" width="${(x(middle) - LEFT).toFixed(1)}" height="22" fill="${name === 'pulumi' ? '#8a3391' : '#9aa5b1'}"/>` +
      `${dots.join('')}<text x="${(x(Math.max(...values)) + 8).toFixed(1)}" y="${y + 15}">${middle.toFixed(2)} s</text>`
    );
  });
  const height = 50 + series.length * ROW;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="13">` +
    `<title>${title}</title>` +
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/><text x="8" y="22" font-weight="bold">${title}</text>${rows.join('')}</svg>\n`
  );
}
