/** Types of what TypeScript takes from cache.mjs. */

export function cached(...parts: string[]): string;
export function folder(dir: string, fill: (into: string) => Promise<void>): Promise<string>;
