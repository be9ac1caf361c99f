import { z } from 'zod';
import { unusable } from './unusable.js';
export const FORMAT = 2;
const sum = {
    bytes: z.number().int().nonnegative(),
    sha256: z.string(),
};
const program = {
    image: z.string(),
    imageId: z.string(),
    digests: z.array(z.string()),
    version: z.string().nullable(),
};
const common = {
    project: z.string(),
    stack: z.string(),
    created: z.string(),
    warnings: z.array(z.string()),
};
const part = z.object({
    name: z.string(),
    ...sum,
    ...program,
    facts: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
});
const schema = z.object({ format: z.literal(FORMAT), ...common, parts: z.array(part) });
const schema1 = z.object({
    format: z.literal(1),
    ...common,
    webui: z.object({
        ...program,
        users: z.number().nullable(),
        chats: z.number().nullable(),
        files: z.number().nullable(),
        sessionKey: z.string().nullable(),
    }),
    valkey: z.object({ ...program, snapshot: z.enum(['made', 'last']) }),
    parts: z.object({ webui: z.object(sum), valkey: z.object(sum) }),
});
function upgraded({ webui, valkey, parts, ...rest }) {
    const partOf1 = (name, { image, imageId, digests, version, ...facts }) => ({
        ...{ name, ...parts[name], image, imageId, digests, version, facts },
    });
    return { ...rest, parts: [partOf1('webui', webui), partOf1('valkey', valkey)] };
}
export function readManifest(text) {
    let given;
    try {
        given = JSON.parse(text);
    }
    catch {
        throw unusable('altered');
    }
    const { format } = given;
    if (format !== FORMAT && format !== 1) {
        throw unusable({
            because: `it has format ${String(format)}, and this program reads formats 1 and ${FORMAT}: use the release of the program that wrote it`,
        });
    }
    const parsed = format === 1 ? schema1.transform(upgraded).safeParse(given) : schema.safeParse(given);
    if (!parsed.success)
        throw unusable('altered');
    return parsed.data;
}
const numbers = (version) => (/\d+(\.\d+)*/.exec(version)?.[0] ?? '').split('.').map(Number);
export function isNewer(version, than, places = 3) {
    if (version === null || than === null)
        return false;
    const [a, b] = [numbers(version), numbers(than)];
    for (let place = 0; place < places; place++) {
        const difference = (a[place] ?? 0) - (b[place] ?? 0);
        if (difference !== 0)
            return difference > 0;
    }
    return false;
}
