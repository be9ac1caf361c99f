/** Lines that a POSIX shell reads as assignments, whatever the values hold. */
export const shellAssignments = (env: Readonly<Record<string, string>>): string =>
  Object.entries(env)
    .map(([key, value]) => `${key}='${value.replaceAll("'", `'\\''`)}'\n`)
    .join('');
