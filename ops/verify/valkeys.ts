/** The proof that another server of Valkey can take over. */

import { RemoteError } from '../../core/errors.mjs';
import { fault, logsOfAll, lookAtAll } from '../valkeys.ts';
import type { Check } from './check.ts';

/** Sentinels find each other within ten seconds, and forget an address of before within a minute. */
const SETTLED_SECONDS = 90;

export const valkeys: Check = {
  name: 'failover',
  applies: ({ servers: { valkey } }) => valkey.several !== undefined,
  seconds: 120,
  server: 'valkey',
  async run({ docker, servers: { valkey } }, { until }) {
    const wrong = await until(
      () => fault(docker, valkey),
      (found) => found === undefined,
      { seconds: SETTLED_SECONDS },
    );
    const all = await lookAtAll(docker, valkey);
    if (wrong !== undefined)
      throw new RemoteError(`the servers of Valkey are not what they should be: ${wrong}`, {
        next: logsOfAll(valkey),
      });
    const primary = all.find(({ role }) => role === 'master')?.name;
    return `${primary} is the primary, ${all.length - 1} replicas follow it, and each Sentinel knows all of them once`;
  },
};
