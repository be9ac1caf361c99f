/** The data of the gateway: certificates, their keys, and its accounts at certificate authorities. */

import { RESTORE_AREA } from '../../../core/restore.ts';
import type { Part } from '../part.ts';
import { programOf } from '../program.ts';
import { ownerInside } from './webui.ts';

const NAME = 'gateway';

/** Caddy's folder in the volume. */
const FOLDER = 'caddy';

/** What only a running Caddy needs. */
const LOCKS = `${FOLDER}/locks`;

async function* nothing(): AsyncGenerator<Uint8Array> {}

export const gateway: Part = {
  name: NAME,
  async take({ source, helper, container, hasData }) {
    const describe = async () => ({ ...(await programOf(source.docker, container, null)), facts: {} });
    // The stack is about to make it.
    if (!hasData) return { content: nothing(), describe };
    async function* content(): AsyncGenerator<Uint8Array> {
      const { child, ended } = helper.start('copy.py', NAME, RESTORE_AREA, LOCKS);
      child.stdin.end();
      yield* child.stdout;
      await ended;
    }
    return { content: content(), describe };
  },

  put: { keep: [] },

  stays: FOLDER,

  owner: ownerInside,

  // Any release reads the files of any other.
  version: async () => null,
  requireRelease: () => {},
};
