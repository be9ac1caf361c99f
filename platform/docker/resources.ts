/** Networks and volumes of one Docker host. */

import { mkdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';

/** Marks what belongs to this stack, on the engine itself. */
export const ownership = () => [
  { label: 'com.pulumi.project', value: pulumi.getProject() },
  { label: 'com.pulumi.stack', value: pulumi.getStack() },
];

/** An engine other than the default one. Its name says which, so that another engine is another provider and never takes over. */
export function connectTo({ address, certificates }: { address: string; certificates?: string }): docker.Provider {
  // ssh does not make the folder of a shared connection itself; its own home is that of the user, whatever HOME says.
  if (address.startsWith('ssh:')) mkdirSync(join(userInfo().homedir, '.ssh'), { recursive: true, mode: 0o700 });
  return new docker.Provider(`engine ${address}`, {
    host: address,
    ...(certificates && { certPath: certificates }),
    // The provider opens many connections at once; without one that is shared, sshd refuses some.
    ...(address.startsWith('ssh:') && {
      sshOpts: ['-o', 'ControlMaster=auto', '-o', 'ControlPath=~/.ssh/open-webui-%C', '-o', 'ControlPersist=30'],
    }),
  });
}

/** Whether the engine has a network of that name; throws when the engine does not answer. */
export async function networkExists(name: string, opts: pulumi.InvokeOptions = {}): Promise<boolean> {
  try {
    await docker.getNetwork({ name }, opts);
    return true;
  } catch (error) {
    if (String(error).includes('not found')) return false;
    throw error;
  }
}

/** Makes a bridge network; an internal one has no way out and nothing on it can be published. */
export function createNetwork(
  name: string,
  args: { name: string; internal: boolean },
  opts: pulumi.CustomResourceOptions,
): docker.Network {
  return new docker.Network(
    name,
    // The provider takes a missing `internal` and false for the same.
    { name: args.name, driver: 'bridge', ...(args.internal && { internal: true }), labels: ownership() },
    // The provider replaces a network for a changed label, and with it every container that is attached.
    pulumi.mergeOptions(opts, { ignoreChanges: ['labels'] }),
  );
}

/** Makes a volume for what can be made again at any time; it goes with the stack. Its label tells the policies so. */
export const createScratchVolume = (name: string, args: { name: string }, opts: pulumi.CustomResourceOptions) =>
  new docker.Volume(
    name,
    { name: args.name, labels: [...ownership(), { label: 'com.pulumi.volume', value: 'scratch' }] },
    pulumi.mergeOptions(opts, { deleteBeforeReplace: true, ignoreChanges: ['labels'] }),
  );

/** Makes a volume, or takes the one that a `destroy` has left. It outlives the stack: nothing here deletes data. */
export function createVolume(
  name: string,
  args: { name: string; protect: boolean },
  opts: pulumi.CustomResourceOptions,
): docker.Volume {
  return new docker.Volume(
    name,
    { name: args.name, labels: ownership() },
    pulumi.mergeOptions(opts, {
      retainOnDelete: true,
      protect: args.protect,
      // A change of any of these would replace the volume, that is: start with an empty one.
      ignoreChanges: ['labels', 'driver', 'driverOpts'],
    }),
  );
}
