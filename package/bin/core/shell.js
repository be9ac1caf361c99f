export const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
export const shellAssignments = (env) => Object.entries(env)
    .map(([key, value]) => `${key}=${quoted(value)}\n`)
    .join('');
