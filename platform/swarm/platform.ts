/** A Docker Swarm as a {@link Platform}: a server is a service. */

import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import * as random from '@pulumi/random';
import { qualified } from '../../core/images.ts';
import { tasksHostOf } from '../../core/names.ts';
import { type Credentials, privateRegistryOf, type Registries } from '../../core/registries.ts';
import { toSeconds } from '../../core/units.ts';
import { connect } from '../../docker/client.ts';
import { needsInit, prepare } from '../docker/init.ts';
import { provideFiles } from '../docker/liveFiles.ts';
import { type Changes, createDataVolume } from '../docker/networks.ts';
import { endpointOf, endpointOfProvider } from '../docker/provider.ts';
import type { Platform } from '../platform.ts';
import type { Workload } from '../workload.ts';
import { hold, release } from './front.ts';
import { patience } from './healthcheck.ts';
import { createOverlay } from './networks.ts';
import { fixedOf, isReplaced, stopReplaced } from './replacement.ts';
import { forceOf, rolloutSeconds, runService } from './services.ts';
import { endOthers, keepOneHere, onlyContainer, programOf, requireTasks, watchTasks } from './tasks.ts';

const unchanged = <Args>(args: Args): Args => args;
const CHANGES: Changes = { container: unchanged, network: unchanged, volume: unchanged };

/** What a stack has found out about its Swarm. */
export interface SwarmArgs {
  /**
   * Provider for a manager of the Swarm. The provider in the options of each resource's parent is for the engine of the node with the data.
   *
   * @default that engine is a manager
   */
  manager?: pulumi.ProviderResource | undefined;
  /**
   * Id of the node on which the data is, and with it every server that has some. It is the one whose engine the provider reaches, as that is where
   * volumes are created.
   *
   * @default any node: only for a Swarm of one
   */
  node?: string | undefined;
  /**
   * Whether servers of which there may be several run on any node. Every node can pull their images, and they share no volume.
   *
   * @default false
   */
  spread?: boolean | undefined;
  /**
   * Private registries, whose credentials the provider passes to every node.
   *
   * @default none
   */
  registries?: Registries | undefined;
}

/**
 * A reference for a service: with its digest, so that every node runs the same bytes. A local image has no digest.
 *
 * @param isPrivate whether it needs credentials: the provider finds them by the registry at the start of the reference.
 */
export function pinned(reference: string, repoDigest: string | undefined, isPrivate: boolean): string {
  const named = isPrivate ? qualified(reference) : reference;
  const [digest = ''] = /@sha256:[0-9a-f]{64}$/.exec(repoDigest ?? '') ?? [];
  return named.includes('@') ? named : `${named}${digest}`;
}

/** Gets an image, unless the engine has it. */
function pullImage(name: string, reference: string, opts: pulumi.CustomResourceOptions): docker.RemoteImage {
  const args = { name: reference, keepLocally: true };
  return new docker.RemoteImage(`${name}-image`, args, pulumi.mergeOptions(opts, { retainOnDelete: true }));
}

/** A random text that changes with the credentials and reveals nothing about them. */
const editionOf = (name: string, credentials: Credentials | undefined, opts: pulumi.CustomResourceOptions) =>
  new random.RandomId(
    `${name}-credentials`,
    { byteLength: 8, keepers: { credentials: pulumi.secret(JSON.stringify(credentials)) } },
    opts,
  ).hex;

/**
 * Runs servers as services of the Swarm that the engine of the provider is in.
 *
 * @param args where the data is, and who manages the Swarm.
 */
export function swarmPlatform({ manager, node, spread = false, registries = {} }: SwarmArgs = {}): Platform {
  const networks = new Map<string, pulumi.Output<string>>();
  /** Options of what a manager creates: networks, services, their secrets. All else is created where the data is. */
  const managed = (opts: pulumi.CustomResourceOptions): pulumi.CustomResourceOptions => ({
    ...opts,
    ...(manager && { provider: manager }),
  });
  /** The engine on which something is registered that is where the data is. */
  const engineOf = async (resource: pulumi.Resource) =>
    connect({
      ...(await endpointOf(resource)),
      ...(manager && { manager: await endpointOfProvider(manager) }),
    });
  /** Constraints for where the tasks of a server run. */
  const placesOf = ({ node: own = node, apart = false, overlaps = false }: Workload): string[] =>
    own === undefined || apart || (spread && overlaps) ? [] : [`node.id == ${own}`];
  return {
    several: true,
    network(name, spec, opts) {
      const { id, ...found } = createOverlay(name, spec, managed(opts));
      networks.set(spec.name, id);
      return found;
    },
    volume: (name, spec, opts) =>
      spec.node === undefined || spec.node === node
        ? createDataVolume(name, spec, unchanged, opts).name
        : pulumi.output(spec.name),
    server(name, workload, opts) {
      const registry = privateRegistryOf(workload.image, registries);
      const image = pullImage(name, workload.image, opts);
      const reference = pulumi
        .all([image.name, image.repoDigest])
        .apply(([named, repoDigest]) => pinned(named, repoDigest, registry !== undefined));
      const live = provideFiles(name, workload, { image: image.name, changes: CHANGES }, opts);
      // Secrets come as Swarm brings them; volumes are prepared where they are.
      const bare = { ...live.workload, secretFiles: [] };
      const prepared = needsInit(bare) ? prepare(name, bare, { image: image.name, changes: CHANGES }, opts) : undefined;
      const force = pulumi
        .all([reference, image.imageId])
        .apply(([named, id]) => (named.includes('@') ? 0 : forceOf(workload.imageId ?? id)));
      const { replicas = 1, overlaps = false, stopGrace } = workload;
      const seconds = replicas * toSeconds(stopGrace);
      let watch: { end: () => void } | undefined;
      let holds = false;
      const fixed = fixedOf(workload, networks, managed(opts));
      const prerequisites = [prepared?.init.succeeded ?? true, live.ready ?? true] as const;
      const ready = pulumi
        .all([reference, force, pulumi.output(fixed), ...prerequisites])
        .apply(async ([named, number, other]) => {
          if (pulumi.runtime.isDryRun()) return named;
          const engine = await engineOf(image);
          if (await isReplaced(engine, workload.name, other)) {
            holds = await hold(engine, workload);
            await stopReplaced(engine, workload.name);
          }
          if (overlaps) await endOthers(engine, workload.name, programOf(named, number), { seconds });
          watch = await watchTasks(engine, workload);
          return named;
        });
      const service = runService(
        name,
        live.workload,
        {
          ...{ image: ready, force, fixed, constraints: placesOf(workload) },
          ...(registry !== undefined && { edition: editionOf(name, registries[registry], opts) }),
          before: async (revision) => {
            if (!pulumi.runtime.isDryRun()) holds ||= await hold(await engineOf(image), workload, revision);
          },
        },
        managed(pulumi.mergeOptions(opts, { dependsOn: prepared?.init.task ?? [] })),
      );
      const running = service.name.apply(async (found) => {
        if (pulumi.runtime.isDryRun()) return found;
        const engine = await engineOf(image);
        try {
          await requireTasks(engine, workload, rolloutSeconds(workload, patience(workload)));
        } finally {
          if (holds) await release(engine, workload);
        }
        if (spread && overlaps) await keepOneHere(engine, workload, patience(workload) + seconds);
        watch?.end();
        return found;
      });
      const { liveFiles } = workload;
      const read =
        liveFiles === undefined || pulumi.runtime.isDryRun()
          ? running
          : live
              .reload(
                image,
                running.apply(async (found) => onlyContainer(await engineOf(image), found)),
              )
              .apply(() => running);
      return {
        host: tasksHostOf(workload.name),
        instances: read.apply((found) => ({ service: found })),
        resource: service,
      };
    },
  };
}
