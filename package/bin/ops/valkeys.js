import { RemoteError } from '../core/errors.mjs';
import { tasksHostOf } from '../core/names.js';
import { until } from '../core/until.js';
import { PRIMARY, SENTINEL_PORT, VALKEY_USER } from '../core/valkey.js';
import { valkey as ask, valkeyAt } from './valkeyCli.js';
const waysTo = ({ container: first, several }) => (several?.servers ?? []).map(({ container, service }, index) => service === undefined
    ? { name: container, container, host: undefined }
    : { name: service, container: first, host: index === 0 ? undefined : tasksHostOf(service) });
const at = (docker, { operatorPassword }, { container, host }) => ({
    docker,
    servers: { valkey: { container, host, operatorPassword } },
});
async function look(docker, valkeys, way) {
    const lines = await ask(at(docker, valkeys, way), 'INFO', 'replication').catch(() => []);
    const info = Object.fromEntries(lines.map((line) => line.trim().split(':')));
    return {
        ...{ ...way, role: info['role'], followers: Number(info['min_slaves_good_slaves'] ?? Number.POSITIVE_INFINITY) },
        ...{ primary: info['master_host'] ?? '', connected: info['master_link_status'] === 'up' },
        offset: Number(info['slave_repl_offset'] ?? info['master_repl_offset'] ?? 0),
    };
}
export const lookAtAll = (docker, valkeys) => Promise.all(waysTo(valkeys).map((way) => look(docker, valkeys, way)));
export const logsOfAll = ({ several }) => (several?.servers ?? [])
    .map(({ container, service }) => service === undefined ? `docker logs --tail 50 ${container}` : `docker service logs --tail 50 ${service}`)
    .join('; ');
const leads = ({ role, followers }) => role === 'master' && followers > 0;
const ELECTION_SECONDS = 20;
export async function withPrimary(docker, valkeys) {
    if (!valkeys.several)
        return valkeys;
    const all = await until(() => lookAtAll(docker, valkeys), (seen) => seen.some(leads) || seen.every(({ role }) => role === undefined), { seconds: ELECTION_SECONDS });
    const primary = all.find(leads);
    return primary ? { ...valkeys, container: primary.container, host: primary.host } : valkeys;
}
async function sentinel(docker, valkeys, way) {
    const beside = at(docker, valkeys, way);
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
        return `${silent.map(({ name }) => name).join(' and ')} does not answer`;
    const primaries = all.filter(({ role }) => role === 'master');
    if (primaries.length !== 1)
        return primaries.length === 0
            ? 'no server is the primary'
            : `${primaries.map(({ name }) => name).join(' and ')} are primaries`;
    const behind = all.filter(({ role, connected }) => role !== 'master' && !connected);
    if (behind.length > 0)
        return `${behind.map(({ name }) => name).join(' and ')} does not follow the primary`;
    for (const one of all) {
        const { primary, replicas } = await sentinel(docker, valkeys, one).catch(() => ({
            primary: '',
            replicas: [],
        }));
        if (all.some((other) => other.role !== 'master' && other.primary !== primary))
            return `the Sentinel of ${one.name} takes ${primary || 'no server'} for the primary`;
        if (replicas.length !== all.length - 1 || new Set([...replicas, primary]).size !== all.length)
            return `the Sentinel of ${one.name} knows ${replicas.length} replicas (${replicas.join(', ')}), and there are ${all.length - 1}`;
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
    throw new RemoteError(`${first?.name ?? valkeys.container} does not have what the other servers of Valkey have`, {
        next: logsOfAll(valkeys),
    });
}
const FAILOVER_SECONDS = 60;
export function makeFirstPrimary(docker, valkeys) {
    const failOver = async () => {
        const all = await lookAtAll(docker, valkeys);
        const primary = all.find(leads);
        if (primary === undefined || primary === all[0])
            return primary !== undefined;
        await valkeyAt(SENTINEL_PORT, at(docker, valkeys, primary), 'SENTINEL', 'FAILOVER', PRIMARY).catch(() => []);
        return false;
    };
    return until(failOver, Boolean, { seconds: FAILOVER_SECONDS, everyMs: 5000 });
}
const LEAD = '/data/lead';
export async function letLead(docker, { image, volume }) {
    const script = `: > ${LEAD} && chown ${VALKEY_USER.user}:${VALKEY_USER.group} ${LEAD}`;
    const mount = ['--volume', `${volume}:/data`, '--entrypoint', '/bin/sh', image, '-c', script];
    await docker.run(['run', '--rm', '--pull', 'never', '--network', 'none', '--user', '0:0', ...mount]);
}
