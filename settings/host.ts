import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Checked } from './schema.ts';

/** Where an engine answers, and with which certificates. */
export interface Endpoint {
  /** `unix://`, `tcp://` or `ssh://`. */
  address: string;
  /** Folder with ca.pem, cert.pem and key.pem. */
  certificates?: string;
}

/** Words for a stack's engine as its file names it. */
const hostText = ({ address, context }: Checked['host']): string =>
  context !== undefined ? `the Docker context ${context}` : (address ?? "this machine's default engine");

const home = (path: string) => (path.startsWith('~/') ? join(homedir(), path.slice(2)) : path);

/**
 * What a Docker context stands for, as `docker context create` has noted it.
 *
 * @throws Error when there is no such context on this machine.
 */
function contextEndpoint(name: string): Endpoint {
  const contexts = join(process.env['DOCKER_CONFIG'] ?? join(homedir(), '.docker'), 'contexts');
  const id = createHash('sha256').update(name).digest('hex');
  const file = join(contexts, 'meta', id, 'meta.json');
  if (!existsSync(file)) {
    throw new Error(
      `There is no Docker context "${name}" on this machine; docker context ls shows those that there are.`,
    );
  }
  const { Endpoints } = JSON.parse(readFileSync(file, 'utf8')) as { Endpoints: { docker: { Host: string } } };
  const certificates = join(contexts, 'tls', id, 'docker');
  return { address: Endpoints.docker.Host, ...(existsSync(certificates) && { certificates }) };
}

/**
 * The engine of a stack, as this machine reaches it; without an address it is the default one.
 *
 * @throws Error that says what is missing on this machine.
 */
export function engineOf(host: Checked['host']): Partial<Endpoint> & { text: string } {
  const text = hostText(host);
  if (host.context !== undefined) return { text, ...contextEndpoint(host.context) };
  if (host.certificates === undefined) return { text, ...(host.address && { address: host.address }) };
  const folder = home(host.certificates);
  const missing = ['ca.pem', 'cert.pem', 'key.pem'].filter((file) => !existsSync(join(folder, file)));
  if (missing.length > 0)
    throw new Error(`${folder} lacks ${missing.join(', ')}; host.certificates is a folder with all three.`);
  return { text, ...(host.address && { address: host.address }), certificates: folder };
}
