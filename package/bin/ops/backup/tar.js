import { unusable } from './unusable.js';
const BLOCK = 512;
export const END = Buffer.alloc(2 * BLOCK);
export const padding = (size) => Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
const checksum = (header) => header.reduce((sum, byte, index) => sum + (index >= 148 && index < 156 ? 0x20 : byte), 0);
export function fileHeader(name, size, seconds) {
    const header = Buffer.alloc(BLOCK);
    const octal = (value, at, length) => header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1');
    header.write(name, 0, 100, 'utf8');
    octal(0o600, 100, 8);
    octal(0, 108, 8);
    octal(0, 116, 8);
    if (size < 8 ** 11)
        octal(size, 124, 12);
    else {
        header[124] = 0x80;
        header.writeBigUInt64BE(BigInt(size), 128);
    }
    octal(seconds, 136, 12);
    header.write('0ustar  \0', 156, 'latin1');
    octal(checksum(header), 148, 7);
    header.write(' ', 155, 'latin1');
    return header;
}
function sizeIn(header) {
    if ((header[124] & 0x80) !== 0)
        return Number(header.readBigUInt64BE(128));
    return Number.parseInt(header.toString('latin1', 124, 136).replace(/[\0 ].*$/s, '') || '0', 8);
}
export async function* pieces(source) {
    let part = '';
    let content = 0;
    let fill = 0;
    let rest = Buffer.alloc(0);
    for await (const chunk of source) {
        rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
        while (rest.length > 0) {
            if (content > 0 || fill > 0) {
                const taken = Math.min(content || fill, rest.length);
                yield { part, raw: rest.subarray(0, taken), content: content > 0 };
                if (content > 0)
                    content -= taken;
                else
                    fill -= taken;
                rest = rest.subarray(taken);
                continue;
            }
            if (rest.length < BLOCK)
                break;
            const header = rest.subarray(0, BLOCK);
            rest = rest.subarray(BLOCK);
            const end = header.every((byte) => byte === 0);
            if (!end) {
                if (Number.parseInt(header.toString('latin1', 148, 155), 8) !== checksum(header))
                    throw unusable('altered');
                const name = header.toString('utf8', 0, 100).replace(/\0.*$/s, '');
                if (name !== '././@LongLink')
                    part = name.split('/')[0];
                content = sizeIn(header);
                fill = padding(content).length;
            }
            yield { part: end ? '' : part, raw: header, content: false };
        }
    }
    if (content > 0 || fill > 0 || rest.length > 0)
        throw unusable('truncated');
}
export async function* singleFile(path, size, content) {
    yield fileHeader(path, size, Math.floor(Date.now() / 1000));
    yield* content;
    yield padding(size);
}
