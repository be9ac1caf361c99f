import { readFileSync } from 'node:fs';
import * as pulumi from '@pulumi/pulumi';
import { furtherNetworks } from '../core/attachments.js';
import { ENCRYPTED } from '../core/platform.js';
import { readInfo } from '../docker/info.js';
import { inspect } from '../docker/inspect.js';
import { refusal } from './nodes.js';
import { tryInside } from './trial.js';
const PROGRAM = readFileSync(new URL('./ipsec.py', import.meta.url), 'utf8');
const isEncrypted = ({ Options }) => Object.hasOwn(Options ?? {}, ENCRYPTED);
const listed = (networks) => networks.map(({ Name }) => Name).join(' and ');
const UNABLE = ['ENOSYS', 'ENOENT', 'EPROTONOSUPPORT', 'EAFNOSUPPORT', 'EOPNOTSUPP'];
async function requireKernel(docker, image, host) {
    const args = ['--user', '0:0', '--cap-add', 'NET_ADMIN'];
    const tried = await tryInside(docker, { image, networks: ['none'], args }, PROGRAM, '');
    const error = tried && 'seen' in tried ? tried.seen.error : null;
    if (error === null || !UNABLE.includes(error))
        return;
    throw refusal(`network.encrypted is true, and the kernel of ${host} cannot encrypt (ESP with AES-GCM: ${error}), so its servers could not reach other nodes.`, ['install the kernel modules esp4 and gcm on every node, or remove network.encrypted']);
}
async function lookAtOthers(docker, settings) {
    const { name, external } = settings.network;
    const further = ['valkey', 'webui'].flatMap((server) => furtherNetworks(server, settings));
    const names = [...new Set([...(external ? [name] : []), ...further])];
    const open = (await inspect(docker, 'network', names)).filter((network) => !isEncrypted(network));
    if (external && open.some(({ Name }) => Name === name)) {
        throw refusal(`network.encrypted is true, and the external network ${name} is not encrypted.`, [
            `create it with docker network create --driver overlay --attachable --opt ${ENCRYPTED}, or remove network.encrypted`,
        ]);
    }
    if (open.length > 0)
        await pulumi.log.warn(`network.encrypted does not apply to ${listed(open)}, which the stack joins and which is not encrypted.`);
}
export async function requireEncryption(docker, settings, present, { commands }) {
    const { encrypted } = settings.network;
    const own = present.filter(({ kind }) => kind === 'network').map(({ name }) => name);
    const networks = (await inspect(docker, 'network', own)).filter(({ Scope }) => Scope === 'swarm');
    const others = networks.filter((network) => isEncrypted(network) !== encrypted);
    if (others.length > 0) {
        throw refusal(`network.encrypted is ${encrypted}, and ${listed(others)} ${others.length === 1 ? 'is' : 'are'} ${encrypted ? 'not encrypted' : 'encrypted'}, which Docker cannot change.`, [`${commands.down}, which keeps the data and the secrets, and then ${commands.up}`]);
    }
    if (!encrypted)
        return;
    await lookAtOthers(docker, settings);
    const { Name = 'this engine', Swarm } = (await readInfo(docker).catch(() => undefined)) ?? {};
    if (networks.length === 0 && (Swarm?.Nodes ?? 1) > 1)
        await requireKernel(docker, settings.webui.image, Name);
}
