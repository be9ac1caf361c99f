/** The engine of a stack for Pulumi, and look-ups on it. */

import { mkdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import * as docker from '@pulumi/docker';
import type * as pulumi from '@pulumi/pulumi';
import type { Endpoint } from '../../core/endpoint.ts';
import { CONTAINER } from '../../core/resourceTypes.ts';
import { ambientEndpoint } from '../../docker/contexts.ts';
import { resolved } from '../output.ts';

/**
 * The provider for an engine. One name for every engine: another address of the same engine changes the provider and replaces nothing, and
 * the preflight refuses another engine. Without an address, DOCKER_HOST decides, else this machine's default socket.
 */
export function createProvider({ address, certificates }: Endpoint): docker.Provider {
  const ssh = address?.startsWith('ssh:');
  // ssh does not create the folder of a shared connection itself; its own home is that of the user, whatever HOME says.
  if (ssh) mkdirSync(join(userInfo().homedir, '.ssh'), { recursive: true, mode: 0o700 });
  return new docker.Provider('engine', {
    ...(address && { host: address }),
    // Empty rather than left out: the provider would take DOCKER_CONTEXT, which overrides any host, and DOCKER_CERT_PATH.
    context: '',
    certPath: certificates ?? '',
    // The provider opens many connections at once; without a shared one, sshd refuses some.
    ...(ssh && {
      sshOpts: ['-o', 'ControlMaster=auto', '-o', 'ControlPath=~/.ssh/open-webui-%C', '-o', 'ControlPersist=30'],
    }),
  });
}

/** The endpoint of the engine on which a container's provider creates it. */
export async function endpointOf(container: pulumi.Resource): Promise<Endpoint> {
  const provider = (container as docker.Container).getProvider(CONTAINER);
  // Pulumi's own provider knows DOCKER_HOST alone.
  if (!(provider instanceof docker.Provider)) return process.env['DOCKER_HOST'] ? ambientEndpoint() : {};
  const [address, certificates] = await Promise.all([provider.host, provider.certPath].map(resolved));
  return address ? { address, ...(certificates && { certificates }) } : {};
}

/** Whether an engine has a network of that name; throws when the engine does not answer. */
export async function networkExists(name: string, opts: pulumi.InvokeOptions = {}): Promise<boolean> {
  try {
    await docker.getNetwork({ name }, opts);
    return true;
  } catch (error) {
    if (String(error).includes('not found')) return false;
    throw error;
  }
}
