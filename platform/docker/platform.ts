/** One Docker host as a {@link Platform}: a server is a container. */

import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import type { Platform } from '../platform.ts';
import { runContainer } from './containers.ts';
import { needsInit, prepare } from './init.ts';
import { provideFiles } from './liveFiles.ts';
import { type Changes, createDataVolume, createNetwork, subnetsOf } from './networks.ts';
import { limitProcesses } from './processes.ts';

/**
 * Escape hatch for arguments of @pulumi/docker that no component has.
 *
 * @example { container: (args, name) => (name === 'chat-webui-container' ? { ...args, shmSize: 256 } : args) }
 */
export type DockerTransform = Partial<Changes>;

const unchanged = <Args>(args: Args): Args => args;

/** Gets an image, unless the engine has it; returns the reference by which containers name it. */
function pullImage(name: string, reference: string, opts: pulumi.CustomResourceOptions): pulumi.Output<string> {
  // Kept: another container may use it, and so does the next `up`.
  const args = { name: reference, keepLocally: true };
  // The reference rather than an id: the same on every engine, and readable in `docker ps`.
  return new docker.RemoteImage(`${name}-image`, args, pulumi.mergeOptions(opts, { retainOnDelete: true })).name;
}

/**
 * Runs servers on one Docker host: that of the provider in the options of each resource's parent, or the default engine.
 *
 * @param transform escape hatch for what is registered.
 */
export function dockerPlatform(transform: DockerTransform = {}): Platform {
  const changes: Changes = { container: unchanged, network: unchanged, volume: unchanged, ...transform };
  return {
    network(name, spec, opts) {
      if (spec.encrypted)
        throw new RangeError(`the network ${spec.name} cannot be encrypted: its traffic never leaves one host`);
      const network = createNetwork(`${name}-bridge`, spec, changes.network, opts);
      return { name: network.name, subnets: subnetsOf(network) };
    },
    volume: (name, spec, opts) => createDataVolume(name, spec, changes.volume, opts).name,
    server(name, workload, opts) {
      const { replicas = 1 } = workload;
      if (replicas !== 1)
        throw new RangeError(`one Docker host runs one instance of ${workload.name}, got ${replicas}`);
      const image = pullImage(name, workload.image, opts);
      const live = provideFiles(name, workload, { image, changes }, opts);
      const prepared = needsInit(live.workload) ? prepare(name, live.workload, { image, changes }, opts) : undefined;
      const container = runContainer(
        name,
        prepared?.workload ?? live.workload,
        { image, init: prepared?.init, ready: live.ready, change: changes.container },
        opts,
      );
      const running = limitProcesses(container, workload.pidsLimit);
      return {
        host: workload.networks[0]?.aliases?.[0] ?? workload.name,
        instances: live.reload(container, running).apply((name) => ({ container: name })),
        resource: container,
      };
    },
  };
}
