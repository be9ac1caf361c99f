/** How long a preview takes, by the number of web UIs. */

import { median } from '../statistics.ts';
import type { SwarmStack } from './stack.ts';

const SIZES = [1, 4, 16, 32];
const ROUNDS = 3;

/** Seconds by the number of web UIs: medians of rounds in which each has its turn. Nothing is deployed. */
export async function previewTimes(stack: SwarmStack): Promise<Record<string, number>> {
  const before = stack.config['webui'];
  const seconds = new Map(SIZES.map((size) => [size, [] as number[]]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [size, values] of seconds) {
      stack.set({ replicas: size });
      const started = performance.now();
      await stack.preview();
      values.push((performance.now() - started) / 1000);
    }
  }
  stack.set({ ...before });
  return Object.fromEntries([...seconds].map(([size, values]) => [String(size), median(values)]));
}
