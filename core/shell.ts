/** A text as one word of a POSIX shell, whatever it holds. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Lines that a POSIX shell reads as assignments, whatever the values hold. */
export const shellAssignments = (env: Readonly<Record<string, string>>): string =>
  Object.entries(env)
    .map(([key, value]) => `${key}=${quoted(value)}\n`)
    .join('');
