/** Sizes and numbers, for people. */

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function sizeText(bytes: number): string {
  const unit = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), UNITS.length - 1);
  const value = bytes / 1024 ** unit;
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

/** `3 users, 12 chats and 4 files`; leaves out what is not known. */
export function countText(facts: Readonly<Record<string, unknown>>): string {
  const words = ['users', 'chats', 'files']
    .filter((key) => typeof facts[key] === 'number')
    .map((key) => `${facts[key]} ${facts[key] === 1 ? key.slice(0, -1) : key}`);
  if (words.length === 0) return 'no database in the volume';
  return words.length === 1 ? (words[0] as string) : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
