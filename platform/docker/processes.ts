import type * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { connect, type Docker } from '../../docker/client.ts';
import { endpointOf } from './provider.ts';

/** How long to wait for the engine, in milliseconds. */
const TIMEOUT = 20_000;

async function setLimit(engine: Docker, name: string, limit: number): Promise<void> {
  const options = { timeout: TIMEOUT };
  const inspect = ['container', 'inspect', '--format', '{{.HostConfig.PidsLimit}}', name];
  if ((await engine.run(inspect, options)).trim() === String(limit)) return;
  await engine.run(['update', '--pids-limit', String(limit), name], options);
}

/**
 * Limits the processes and threads of a container. The provider has no argument for it, and a changed limit needs no new container: so every
 * update sets it from outside, also after a change outside Pulumi. Warns if it cannot be set.
 *
 * @returns the name of the container, once it has its limit.
 */
export const limitProcesses = (container: docker.Container, limit: number): pulumi.Output<string> =>
  container.name.apply(async (name) => {
    if (pulumi.runtime.isDryRun()) return name;
    await setLimit(connect(await endpointOf(container)), name, limit).catch((error: Error) =>
      pulumi.log.warn(`The processes of ${name} are not limited to ${limit}: ${error.message}.`, container),
    );
    return name;
  });
