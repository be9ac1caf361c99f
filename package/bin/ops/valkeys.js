import { RemoteError } from '../core/errors.mjs';
import { until } from '../core/until.js';
import { PRIMARY, SENTINEL_PORT } from '../core/valkey.js';
import { valkey as ask, valkeyAt } from './valkeyCli.js';
const at = (docker, { operatorPassword }, container) => ({
    docker,
    servers: { valkey: { container, operatorPassword } },
});
async function look(docker, valkeys, container) {
    const lines = await ask(at(docker, valkeys, container), 'INFO', 'replication').catch(() => []);
    const info = Object.fromEntries(lines.map((line) => line.trim().split(':')));
    return {
        ...{ container, role: info['role'], followers: Number(info['min_slaves_good_slaves'] ?? Number.POSITIVE_INFINITY) },
        ...{ primary: info['master_host'] ?? '', connected: info['master_link_status'] === 'up' },
        offset: Number(info['slave_repl_offset'] ?? info['master_repl_offset'] ?? 0),
    };
}
export const lookAtAll = (docker, valkeys) => Promise.all((valkeys.several?.servers ?? []).map(({ container }) => look(docker, valkeys, container)));
const leads = ({ role, followers }) => role === 'master' && followers > 0;
const ELECTION_SECONDS = 20;
export async function withPrimary(docker, valkeys) {
    if (!valkeys.several)
        return valkeys;
    const all = await until(() => lookAtAll(docker, valkeys), (seen) => seen.some(leads) || seen.every(({ role }) => role === undefined), { seconds: ELECTION_SECONDS });
    const primary = all.find(leads);
    return primary ? { ...valkeys, container: primary.container } : valkeys;
}
async function sentinel(docker, valkeys, container) {
    const beside = at(docker, valkeys, container);
    const [[primary = ''], lines] = await Promise.all([
        valkeyAt(SENTINEL_PORT, beside, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', PRIMARY),
        valkeyAt(SENTINEL_PORT, beside, 'SENTINEL', 'REPLICAS', PRIMARY),
    ]);
    const words = lines.map((line) => line.trim());
    return {
        primary: primary.trim(),
        replicas: words.flatMap((word, index) => (words[index - 1] === 'ip' ? [word] : [])),
    };
}
export async function fault(docker, valkeys) {
    const all = await lookAtAll(docker, valkeys);
    const silent = all.filter(({ role }) => role === undefined);
    if (silent.length > 0)
        return `${silent.map(({ container }) => container).join(' and ')} does not answer`;
    const primaries = all.filter(({ role }) => role === 'master');
    if (primaries.length !== 1)
        return primaries.length === 0
            ? 'no server is the primary'
            : `${primaries.map(({ container }) => container).join(' and ')} are primaries`;
    const behind = all.filter(({ role, connected }) => role !== 'master' && !connected);
    if (behind.length > 0)
        return `${behind.map(({ container }) => container).join(' and ')} does not follow the primary`;
    for (const { container } of all) {
        const { primary, replicas } = await sentinel(docker, valkeys, container).catch(() => ({
            primary: '',
            replicas: [],
        }));
        if (all.some((one) => one.role !== 'master' && one.primary !== primary))
            return `the Sentinel of ${container} takes ${primary || 'nobody'} for the primary`;
        if (replicas.length !== all.length - 1 || new Set([...replicas, primary]).size !== all.length)
            return `the Sentinel of ${container} knows ${replicas.length} replicas (${replicas.join(', ')}), and there are ${all.length - 1}`;
    }
    return undefined;
}
const CAUGHT_UP_SECONDS = 60;
export async function requireFirst(docker, valkeys) {
    if (!valkeys.several)
        return;
    const [now] = (await lookAtAll(docker, valkeys)).filter(({ role }) => role === 'master');
    const isComplete = ({ role, connected, offset }) => role === 'master' || (connected && now !== undefined && offset >= now.offset);
    const first = await until(async () => (await lookAtAll(docker, valkeys))[0], (seen) => seen !== undefined && isComplete(seen), { seconds: CAUGHT_UP_SECONDS });
    if (first && isComplete(first))
        return;
    throw new RemoteError(`${first?.container ?? valkeys.container} does not have what the other servers of Valkey have`, {
        next: `docker logs --tail 50 ${first?.container ?? valkeys.container}`,
    });
}
const FAILOVER_SECONDS = 60;
export function makeFirstPrimary(docker, valkeys) {
    const failOver = async () => {
        const all = await lookAtAll(docker, valkeys);
        const primary = all.find(leads)?.container;
        if (primary === undefined || primary === all[0]?.container)
            return primary !== undefined;
        await valkeyAt(SENTINEL_PORT, at(docker, valkeys, primary), 'SENTINEL', 'FAILOVER', PRIMARY).catch(() => []);
        return false;
    };
    return until(failOver, Boolean, { seconds: FAILOVER_SECONDS, everyMs: 5000 });
}
