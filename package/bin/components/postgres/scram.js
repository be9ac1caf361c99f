import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
const ITERATIONS = 4096;
export function scramVerifier(password) {
    const hmac = (key, text) => createHmac('sha256', key).update(text).digest();
    const salt = createHash('sha256').update(`open-webui scram salt ${password}`).digest().subarray(0, 16);
    const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256');
    const stored = createHash('sha256').update(hmac(salted, 'Client Key')).digest();
    const server = hmac(salted, 'Server Key');
    return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${stored.toString('base64')}:${server.toString('base64')}`;
}
