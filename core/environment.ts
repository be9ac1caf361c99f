/** Variables of a service, which stand before its entrypoint. */

/** The program that sets variables and becomes another one; every image with a shell has it there. */
export const ENV_PROGRAM = '/usr/bin/env';

/** The variables in such an entrypoint. */
export function variablesIn(entrypoint: readonly string[]): [name: string, value: string][] {
  if (entrypoint[0] !== ENV_PROGRAM) return [];
  const end = entrypoint.findIndex((word, index) => index > 0 && !/^[A-Za-z_]\w*=/.test(word));
  return entrypoint.slice(1, end < 0 ? undefined : end).map((word) => {
    const at = word.indexOf('=');
    return [word.slice(0, at), word.slice(at + 1)];
  });
}
