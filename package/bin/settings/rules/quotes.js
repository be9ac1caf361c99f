const IS_TEXT = /(TEMPLATE|PROMPT|CONTENT|TITLE|WATERMARK|MESSAGE|DESCRIPTION)$/;
const QUOTED = /^(["'])((?:(?!\1).)*)\1$/s;
export function inQuotes(given) {
    const { env } = (given['webui'] ?? {});
    if (typeof env !== 'object' || env === null)
        return [];
    return Object.entries(env).flatMap(([name, value]) => {
        const inner = typeof value === 'string' && !IS_TEXT.test(name) ? QUOTED.exec(value)?.[2] : undefined;
        if (inner === undefined)
            return [];
        return [
            {
                path: ['webui', 'env', name],
                reason: 'these quotes are a part of the value; a Compose file keeps them in list entries such as - NAME="value"',
                allowed: 'a value without literal quotes',
                instead: inner.includes('"') ? undefined : inner,
                fix: 'remove them from the value',
            },
        ];
    });
}
