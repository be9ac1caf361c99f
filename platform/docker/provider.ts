/** The engine of a stack for Pulumi, and look-ups on it. */

import { mkdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import type { Endpoint } from '../../core/endpoint.ts';
import { DOCKER_HUB } from '../../core/images.ts';
import type { Registries } from '../../core/registries.ts';
import { CONTAINER } from '../../core/resourceTypes.ts';
import { ambientEndpoint } from '../../docker/contexts.ts';
import { resolved } from '../output.ts';

/** The provider compares these with the start of a reference; it uses the last one for references without a registry. */
const HUB = [DOCKER_HUB, `index.${DOCKER_HUB}`, `registry-1.${DOCKER_HUB}`];

/** Credentials as the provider expects them; it passes them to Swarm with each service. */
const authOf = (registries: Registries) =>
  Object.entries(registries).flatMap(([address, { username, password }]) =>
    (address === DOCKER_HUB ? HUB : [address]).map((name) => ({
      ...{ address: name, username, password: pulumi.secret(password) },
    })),
  );

/**
 * The provider for an engine. It has the same name for every engine: another address of the same engine changes the provider and replaces
 * nothing, and the preflight refuses a different engine. Without an address, DOCKER_HOST decides, or this machine's default socket.
 *
 * @param registries private registries, with credentials. A change of these changes the provider and replaces nothing.
 */
export function createProvider(
  name: string,
  { address, certificates }: Endpoint,
  registries: Registries = {},
  opts?: pulumi.CustomResourceOptions,
): docker.Provider {
  const ssh = address?.startsWith('ssh:');
  // ssh does not create the folder of a shared connection itself; its own home is that of the user, whatever HOME says.
  if (ssh) mkdirSync(join(userInfo().homedir, '.ssh'), { recursive: true, mode: 0o700 });
  const args = {
    ...(address && { host: address }),
    // Empty rather than left out: the provider would take DOCKER_CONTEXT, which overrides any host, and DOCKER_CERT_PATH.
    context: '',
    certPath: certificates ?? '',
    // The provider opens many connections at once; without a shared one, sshd refuses some.
    ...(ssh && {
      sshOpts: ['-o', 'ControlMaster=auto', '-o', 'ControlPath=~/.ssh/open-webui-%C', '-o', 'ControlPersist=30'],
    }),
    ...(Object.keys(registries).length > 0 && { registryAuth: authOf(registries) }),
  };
  return new docker.Provider(name, args, opts);
}

/** The endpoint of the engine on which a container's provider creates it. */
export const endpointOf = (container: pulumi.Resource): Promise<Endpoint> =>
  endpointOfProvider((container as docker.Container).getProvider(CONTAINER));

/** The endpoint of the engine of a provider. */
export async function endpointOfProvider(provider: pulumi.ProviderResource | undefined): Promise<Endpoint> {
  // Pulumi's own provider knows only DOCKER_HOST.
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
