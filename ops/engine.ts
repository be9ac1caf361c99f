/** The Docker engine of a stack, for the docker command. */

import { homedir } from 'node:os';
import { join } from 'node:path';
import { succeed } from './command.ts';
import type { Stack } from './outputs.ts';

/** Points every docker command of this process to an engine; without one in the stack's settings, to that of the environment. */
export function useEngine({ address, certificates, context }: Stack['host']): void {
  if (context === undefined && address === undefined) return;
  for (const name of ['DOCKER_HOST', 'DOCKER_CONTEXT', 'DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH'])
    delete process.env[name];
  if (context !== undefined) process.env['DOCKER_CONTEXT'] = context;
  if (address !== undefined) process.env['DOCKER_HOST'] = address;
  if (certificates !== undefined) {
    process.env['DOCKER_TLS_VERIFY'] = '1';
    process.env['DOCKER_CERT_PATH'] = certificates.startsWith('~/')
      ? join(homedir(), certificates.slice(2))
      : certificates;
  }
}

/** Whether the engine is on another machine, as far as its address tells. */
export async function isRemote({ address, context }: Stack['host']): Promise<boolean> {
  const format = '{{.Endpoints.docker.Host}}';
  const where =
    context === undefined ? address : await succeed('docker', ['context', 'inspect', context, '--format', format]);
  return /^(tcp|ssh):/.test(where ?? '');
}
