/** Whether a stack has its data volumes and its host names for itself. */

import { RemoteError } from '../../core/errors.mjs';
import { type Found, inventory } from '../../docker/inventory.ts';
import { leaveNetwork, leaveVolume, namesakeText, neighboursOf, useText } from '../../docker/neighbours.ts';
import type { Check } from './check.ts';

export const exclusive: Check = {
  name: 'exclusive',
  seconds: 30,
  async run({ docker, servers: { valkey, webui }, networks }) {
    const all = await inventory(docker, ['container']);
    const names = [valkey.container, webui.container];
    const owner = all.find(({ name }) => name === webui.container)?.owner;
    const isArchive = ({ role, owner: one }: Found) =>
      role === 'archive' && one?.project === owner?.project && one?.stack === owner?.stack;
    const isOwn = (one: Found) => names.includes(one.name) || isArchive(one);
    const { users, namesakes } = await neighboursOf(docker, all, isOwn, {
      volumes: [valkey.volume, webui.volume],
      networks,
      hosts: [...new Set([...names, new URL(valkey.url).hostname])],
    });
    for (const one of users)
      throw new RemoteError(`the volume ${one.volume}, ${useText(one)}: two servers destroy its data`, {
        next: leaveVolume(one),
      });
    for (const one of namesakes)
      throw new RemoteError(`the network ${one.network}, ${namesakeText(one)}`, { next: leaveNetwork(one) });
    return 'nothing else writes to the data volumes or answers to a name of the stack';
  },
};
