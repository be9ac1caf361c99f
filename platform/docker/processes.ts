import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { dockerCommand, type Endpoint } from '../../docker/client.ts';

/** Where the engine of a container answers. */
function endpointOf(container: docker.Container): pulumi.Output<Endpoint> {
  const provider = container.getProvider('docker:index/container:Container');
  return provider instanceof docker.Provider
    ? pulumi.output({ address: provider.host, certificates: provider.certPath })
    : pulumi.output({});
}

async function limit(name: string, most: number, endpoint: Endpoint): Promise<void> {
  const format = '{{.HostConfig.PidsLimit}}';
  const present = await dockerCommand(endpoint, ['container', 'inspect', '--format', format, name]);
  if (present.trim() === String(most)) return;
  await dockerCommand(endpoint, ['update', '--pids-limit', String(most), name]);
}

/**
 * Limits how many processes and threads a container has at a time. The provider has no argument for it, and a changed limit takes no
 * new container: so it is set from outside by every update, also where somebody has changed it. Where it cannot be set, that is said.
 *
 * @returns the name of the container, once it has its limit.
 */
export const limitProcesses = (container: docker.Container, most: number): pulumi.Output<string> =>
  pulumi.all([container.name, endpointOf(container)]).apply(async ([name, endpoint]) => {
    if (pulumi.runtime.isDryRun()) return name;
    await limit(name, most, endpoint).catch((error: Error) =>
      pulumi.log.warn(`The processes of ${name} are not limited to ${most}: ${error.message}.`, container),
    );
    return name;
  });
