import { createServer } from 'node:net';
import { hostname } from 'node:os';
import * as pulumi from '@pulumi/pulumi';
import { PROJECT_LABEL, STACK_LABEL } from '../core/labels.js';
import { addressList, canonical, overlap } from '../core/urls.js';
import { SERVICE_LABEL } from '../docker/services.js';
export const wantedPorts = (servers) => Object.entries(servers).flatMap(([section, { publish = 'none' }]) => {
    if (publish === 'none')
        return [];
    const ports = 'ports' in publish ? publish.ports : { port: publish.port };
    return Object.entries(ports).flatMap(([key, port]) => addressList(publish.address).map((address) => ({
        ...{ setting: `${section}.publish`, key, address: canonical(address), port },
    })));
});
const MOST = 100;
export function publishedPorts(text) {
    return [...text.matchAll(/(\S+):(\d+)(?:-(\d+))?->[\d-]+\/tcp/g)].flatMap(([, address = '', from, to = from]) => {
        const first = Number(from);
        const count = Math.min(Number(to) - first + 1, MOST);
        const plain = canonical(address.replace(/^\[(.*)\]$/, '$1'));
        return Array.from({ length: count }, (_, index) => ({ address: plain, port: first + index }));
    });
}
const TIMEOUT = 20_000;
const label = (name) => `{{.Label "${name}"}}`;
async function takenPorts(docker, mine, names) {
    const format = ['{{.Names}}', label(PROJECT_LABEL), label(STACK_LABEL), '{{.Ports}}', label(SERVICE_LABEL)].join('\t');
    const lines = (await docker.run(['ps', '--no-trunc', '--format', format], { timeout: TIMEOUT })).split('\n');
    return lines.filter(Boolean).flatMap((line) => {
        const [container = '', project = '', stack = '', ports = '', service = ''] = line.split('\t');
        const own = names.includes(container) || (project === mine.project && stack === mine.stack);
        const holder = service ? `service ${service}` : `container ${container}`;
        return publishedPorts(ports).map((port) => ({ holder, own, ...port }));
    });
}
const OWN_SOCKETS = ['', 'unix:///var/run/docker.sock', 'unix:///run/docker.sock'];
async function isHere(docker, { address = '' }) {
    if (!OWN_SOCKETS.includes(address))
        return false;
    const { code, stdout } = await docker.capture(['info', '--format', '{{.Name}}'], { timeout: TIMEOUT });
    return code === 0 && stdout.trim() === hostname();
}
export const refusalOf = ({ address, port }) => new Promise((resolve) => {
    const server = createServer();
    server.once('error', ({ code }) => {
        if (code === 'EADDRINUSE')
            resolve('another program listens there');
        else if (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT')
            resolve('this machine has no such address (ip address lists what it has)');
        else
            resolve(undefined);
    });
    server.listen({ host: address, port, ipv6Only: true, exclusive: true }, () => server.close(() => resolve(undefined)));
});
const at = ({ address, port }) => `${address.includes(':') ? `[${address}]` : address}:${port}`;
export async function requirePorts(servers, docker, endpoint, owner = pulumi.getProject()) {
    const wanted = wantedPorts(servers);
    const mine = { project: pulumi.getProject(), stack: pulumi.getStack() };
    const names = Object.values(servers).map(({ name }) => name);
    const taken = await takenPorts(docker, mine, names).catch(() => undefined);
    if (!taken)
        return;
    const holder = ({ address, port }, own) => taken.find((one) => one.own === own && one.port === port && overlap(one.address, address));
    const refused = wanted.flatMap((one) => {
        const other = holder(one, false);
        return other ? [{ one, why: `the ${other.holder} has ${at(other)}` }] : [];
    });
    const unknown = wanted.filter((one) => !holder(one, true) && !holder(one, false));
    if (unknown.length > 0 && (await isHere(docker, endpoint))) {
        for (const one of unknown) {
            const why = await refusalOf(one);
            if (why)
                refused.push({ one, why });
        }
    }
    if (refused.length === 0)
        return;
    throw new pulumi.RunError(`Some ports of the stack ${mine.stack} cannot be published. Nothing was created or changed.\n${refused
        .map(({ one, why }) => `  ${at(one)}: ${why}\n    to do: choose another ${owner}:${one.setting}.${one.key}, or another ${owner}:${one.setting}.address\n`)
        .join('')}`);
}
