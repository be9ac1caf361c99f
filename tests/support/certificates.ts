/** An authority for one test, and certificates for both ends of its TLS connections. */

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { isIP } from 'node:net';

/**
 * Writes what Docker looks for in a folder of certificates (`ca.pem`, `cert.pem`, `key.pem`), and `server.pem` with its key.
 *
 * @param dir gets the files.
 * @param name IP address or host name for which the certificates are valid.
 */
export function certify(dir: string, name: string): void {
  const openssl = (args: string) => execFileSync('openssl', args.split(' '), { cwd: dir, stdio: 'pipe' });
  const request = 'req -newkey rsa:2048 -nodes -subj /CN=test';
  openssl(`${request} -x509 -days 2 -keyout ca-key.pem -out ca.pem`);
  writeFileSync(
    `${dir}/extensions`,
    `subjectAltName=${isIP(name) ? 'IP' : 'DNS'}:${name}\nextendedKeyUsage=serverAuth,clientAuth\n`,
  );
  for (const [key, certificate] of [
    ['server-key.pem', 'server.pem'],
    ['key.pem', 'cert.pem'],
  ]) {
    openssl(`${request} -keyout ${key} -out request`);
    const signed = '-CA ca.pem -CAkey ca-key.pem -CAcreateserial -extfile extensions';
    openssl(`x509 -req -days 2 -in request ${signed} -out ${certificate}`);
  }
}
