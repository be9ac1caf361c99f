import { Readable } from 'node:stream';
import { Decrypter, Encrypter } from 'age-encryption';
import { unusable } from './unusable.js';
const MAGIC = 'age-encryption.org/v1';
export const isEncrypted = (start) => Buffer.from(start).toString('latin1').startsWith(MAGIC);
const web = (source) => Readable.toWeb(Readable.from(source, { objectMode: false }));
export const encrypt = (passphrase) => async function* (source) {
    const encrypter = new Encrypter();
    encrypter.setPassphrase(passphrase);
    yield* (await encrypter.encrypt(web(source)));
};
export const decrypt = (passphrase) => async function* (source) {
    const decrypter = new Decrypter();
    decrypter.addPassphrase(passphrase);
    let plain;
    try {
        plain = (await decrypter.decrypt(web(source)));
    }
    catch (error) {
        throw unusable(/no identity matched/.test(error.message) ? 'passphrase' : 'altered');
    }
    try {
        yield* plain;
    }
    catch {
        throw unusable('altered');
    }
};
