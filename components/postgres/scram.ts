import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';

/** Postgres' own default. It protects short passwords; these are long and random. */
const ITERATIONS = 4096;

/**
 * What Postgres keeps of a password (SCRAM-SHA-256, RFC 5803): enough to recognize it, and useless to sign in with. So the password itself
 * never reaches the server's container.
 *
 * The salt follows from the password, so that the same password always gives the same text.
 *
 * @param password ASCII letters and digits; others would have to be normalized first.
 */
export function scramVerifier(password: string): string {
  const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const salt = createHash('sha256').update(`open-webui scram salt ${password}`).digest().subarray(0, 16);
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256');
  const stored = createHash('sha256').update(hmac(salted, 'Client Key')).digest();
  const server = hmac(salted, 'Server Key');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${stored.toString('base64')}:${server.toString('base64')}`;
}
