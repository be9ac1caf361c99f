import { RESTORE_AREA } from '../../../core/restore.js';
import { programOf } from '../program.js';
import { ownerInside } from './webui.js';
const NAME = 'gateway';
const FOLDER = 'caddy';
const LOCKS = `${FOLDER}/locks`;
async function* nothing() { }
export const gateway = {
    name: NAME,
    async take({ source, helper, container, hasData }) {
        const describe = async () => ({ ...(await programOf(source.docker, container, null)), facts: {} });
        if (!hasData)
            return { content: nothing(), describe };
        async function* content() {
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
    version: async () => null,
    requireRelease: () => { },
};
