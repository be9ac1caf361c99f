import { toMebibytes } from '../core/units.js';
import { listNodes } from '../docker/nodes.js';
import { refusal } from './nodes.js';
const NOTHING = { MemoryBytes: 0, NanoCPUs: 0 };
const MIB = 1024 ** 2;
const roomOf = ({ memory, cpus = 0 }) => ({
    MemoryBytes: memory === undefined ? 0 : toMebibytes(memory) * MIB,
    NanoCPUs: Math.round(cpus * 1e9),
});
const minus = (one, other) => ({
    MemoryBytes: one.MemoryBytes - other.MemoryBytes,
    NanoCPUs: one.NanoCPUs - other.NanoCPUs,
});
const fits = ({ MemoryBytes, NanoCPUs }) => MemoryBytes >= 0 && NanoCPUs >= 0;
const said = ({ MemoryBytes, NanoCPUs }) => `${Math.floor(MemoryBytes / MIB)} MiB and ${Number((NanoCPUs / 1e9).toFixed(1))} processors`;
const takesTasks = ({ Spec, Status }) => Spec.Availability === 'active' && Status.State === 'ready';
export async function requireRoom(docker, servers, home) {
    const reserving = Object.entries(servers).flatMap(([section, { reservation, replicas, spread }]) => reservation === undefined ? [] : [{ section, replicas, spread, each: roomOf(reservation) }]);
    if (reserving.length === 0)
        return;
    const nodes = (await listNodes(docker)).filter(takesTasks);
    const left = new Map(nodes.map(({ ID, Description }) => [ID, Description.Resources ?? NOTHING]));
    const place = (each, ids) => {
        for (const id of ids) {
            const rest = minus(left.get(id) ?? NOTHING, each);
            if (!fits(rest))
                continue;
            left.set(id, rest);
            return true;
        }
        return false;
    };
    for (const { section, replicas, spread, each } of reserving.toSorted((a, b) => Number(a.spread) - Number(b.spread))) {
        for (let placed = 0; placed < replicas; placed++) {
            if (place(each, spread ? left.keys() : [home]))
                continue;
            const most = [...left.values()].reduce((one, other) => (other.MemoryBytes > one.MemoryBytes ? other : one));
            throw refusal(spread
                ? `${placed} of ${replicas} instances of ${section} fit on the nodes: each reserves ${said(each)}, and the most that is left on a node is ${said(most)}.`
                : `The node with the data has too little for ${section}, which reserves ${said(each)}: ${said(left.get(home) ?? most)} are left.`, [`lower ${section}.reservation, or use larger nodes`]);
        }
    }
}
