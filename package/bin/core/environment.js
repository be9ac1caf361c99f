export const ENV_PROGRAM = '/usr/bin/env';
export function variablesIn(entrypoint) {
    if (entrypoint[0] !== ENV_PROGRAM)
        return [];
    const end = entrypoint.findIndex((word, index) => index > 0 && !/^[A-Za-z_]\w*=/.test(word));
    return entrypoint.slice(1, end < 0 ? undefined : end).map((word) => {
        const at = word.indexOf('=');
        return [word.slice(0, at), word.slice(at + 1)];
    });
}
