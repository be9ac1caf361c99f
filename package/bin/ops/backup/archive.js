import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { decrypt, encrypt, isEncrypted } from './encryption.js';
import { readManifest } from './manifest.js';
import { PARTS } from './parts/index.js';
import { END, fileHeader, padding, pieces } from './tar.js';
import { unusable } from './unusable.js';
const LEVEL = 1;
const MANIFEST = 'manifest.json';
const MANIFEST_LIMIT = 1024 ** 2;
const tally = () => ({ bytes: 0, hash: createHash('sha256') });
const EMPTY = createHash('sha256').digest('hex');
const summary = ({ bytes, hash }) => ({ bytes, sha256: hash.digest('hex') });
async function* tarFile({ parts, describe }, written, close) {
    const taken = [];
    for (const { name, take } of parts) {
        const sum = tally();
        const { content, describe: describePart } = await take();
        for await (const chunk of content) {
            sum.bytes += chunk.length;
            sum.hash.update(chunk);
            written(chunk.length);
            yield chunk;
        }
        taken.push({ name, ...summary(sum), ...(await describePart()) });
    }
    const manifest = { ...describe(), parts: taken };
    const text = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
    yield fileHeader(MANIFEST, text.length, Math.floor(Date.now() / 1000));
    yield text;
    yield padding(text.length);
    yield END;
    close(manifest);
}
async function syncFolder(path) {
    if (process.platform === 'win32')
        return;
    const folder = await open(path, 'r');
    await folder.sync().finally(() => folder.close());
}
export async function writeArchive(file, contents, { passphrase, written = () => { }, signal = new AbortController().signal, } = {}) {
    const partial = `${file}.partial`;
    let manifest;
    try {
        const tar = tarFile(contents, written, (one) => {
            manifest = one;
        });
        const gzip = createGzip({ level: LEVEL });
        const out = createWriteStream(partial, { flags: 'wx', mode: 0o600, flush: true });
        await (passphrase === undefined
            ? pipeline(tar, gzip, out, { signal })
            : pipeline(tar, gzip, encrypt(passphrase), out, { signal }));
        await rename(partial, file);
        await syncFolder(dirname(file));
        return manifest;
    }
    catch (error) {
        await rm(partial, { force: true });
        throw error;
    }
}
async function firstBytes(file) {
    const handle = await open(file, 'r');
    try {
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(64), 0, 64, 0);
        return buffer.subarray(0, bytesRead);
    }
    finally {
        await handle.close();
    }
}
export const needsPassphrase = async (file) => isEncrypted(await firstBytes(file));
const ZLIB = { Z_BUF_ERROR: 'truncated', Z_DATA_ERROR: 'altered' };
function unclosed(source) {
    const chunks = source[Symbol.asyncIterator]();
    return { [Symbol.asyncIterator]: () => ({ next: () => chunks.next() }) };
}
export async function readArchive(file, { passphrase, take } = {}) {
    const start = await firstBytes(file);
    const encrypted = isEncrypted(start);
    if (!encrypted && !(start[0] === 0x1f && start[1] === 0x8b))
        throw unusable('foreign');
    if (encrypted && passphrase === undefined)
        throw unusable('passphrase');
    const sums = new Map(PARTS.map(({ name }) => [name, tally()]));
    const manifest = [];
    let length = 0;
    const examine = async (source) => {
        for await (const { part, raw, content } of pieces(unclosed(source))) {
            const sum = sums.get(part);
            if (sum) {
                sum.bytes += raw.length;
                sum.hash.update(raw);
            }
            else if (part === MANIFEST) {
                length += raw.length;
                if (length > MANIFEST_LIMIT)
                    throw unusable('altered');
                if (content)
                    manifest.push(Buffer.from(raw));
            }
            else if (part !== '')
                throw unusable('foreign');
            await take?.(raw);
        }
    };
    const handle = await open(file, 'r');
    const source = handle.createReadStream();
    try {
        await (encrypted
            ? pipeline(source, decrypt(passphrase), createGunzip(), examine)
            : pipeline(source, createGunzip(), examine));
    }
    catch (error) {
        const reason = ZLIB[error.code ?? ''];
        throw reason ? unusable(reason) : error;
    }
    if (manifest.length === 0)
        throw unusable('truncated');
    const read = readManifest(Buffer.concat(manifest).toString('utf8'));
    for (const [name, sum] of sums) {
        const { bytes, sha256 } = summary(sum);
        const part = read.parts.find((one) => one.name === name) ?? { bytes: 0, sha256: EMPTY };
        if (bytes !== part.bytes || sha256 !== part.sha256)
            throw unusable('altered');
    }
    return read;
}
