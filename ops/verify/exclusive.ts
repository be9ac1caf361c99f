/** Whether a stack has its data and its host names for itself. */

import { hostNames } from '../../core/attachments.ts';
import { RemoteError } from '../../core/errors.mjs';
import { storageText } from '../../core/storage.ts';
import { inspect } from '../../docker/inspect.ts';
import { type Found, inventory } from '../../docker/inventory.ts';
import { leaveData, leaveNetwork, namesakeText, neighboursOf, useText } from '../../docker/neighbours.ts';
import type { Check } from './check.ts';

export const exclusive: Check = {
  name: 'exclusive',
  seconds: 30,
  async run({ docker, servers: { database, gateway, valkey, webui }, networks }) {
    const all = await inventory(docker, ['container']);
    // What is on another node has its host name and its data from there.
    const stores = valkey.several?.servers.filter(({ node }) => node === undefined) ?? [valkey];
    const servers = [...stores, webui, ...(database ? [database] : []), ...(gateway ? [gateway] : [])];
    const names = [...servers, ...(valkey.several ? [valkey.several.balancer] : [])].map(({ container }) => container);
    const owner = all.find(({ name }) => name === webui.container)?.owner;
    const isArchive = ({ role, service, owner: one }: Found) =>
      (role === 'archive' || service !== undefined) && one?.project === owner?.project && one?.stack === owner?.stack;
    const isOwn = (one: Found) => names.includes(one.name) || isArchive(one);
    const own = await inspect(docker, 'container', names);
    const { users, namesakes } = await neighboursOf(docker, all, isOwn, {
      data: servers,
      image: all.find(({ name }) => name === webui.container)?.image,
      hostNames: hostNames(
        own.map(({ Name, NetworkSettings }) => ({
          name: Name.slice(1),
          // What was joined by hand is not the stack's to keep clean.
          networks: Object.entries(NetworkSettings.Networks)
            .filter(([network]) => networks.includes(network))
            .map(([network, { Aliases }]) => ({ network, aliases: Aliases ?? [] })),
        })),
      ),
    });
    for (const one of users)
      throw new RemoteError(`the ${storageText(one.data)}, ${useText(one)}: two servers would corrupt its data`, {
        next: leaveData(one),
      });
    for (const one of namesakes)
      throw new RemoteError(`the network ${one.network}, ${namesakeText(one)}`, { next: leaveNetwork(one) });
    return 'nothing else writes to the data or answers to a name of the stack';
  },
};
