import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isPublic } from '../../core/gateway.js';
import { addressList, overlap } from '../../core/urls.js';
import { gatewayOrigins } from '../page.js';
import { distinct, isKept } from '../rule.js';
const withGateway = (rule) => (settings, circumstances) => settings.gateway.domain === undefined ? [] : rule(settings, circumstances);
const published = ({ webui }) => webui.publish === 'none'
    ? []
    : [
        {
            path: ['webui', 'publish'],
            reason: 'with a gateway, nothing may bypass it: otherwise a client could forge its address',
            allowed: 'absent, or none',
            fix: 'remove it; gateway.publish has the ports of the host',
        },
    ];
const ownUrl = (settings) => {
    const { url } = settings.webui;
    const { domain = [] } = settings.gateway;
    if (url === undefined || domain.includes(new URL(url).hostname))
        return [];
    return [
        {
            path: ['webui', 'url'],
            reason: 'the gateway answers for its domains only',
            allowed: `absent, or an address of ${domain.join(' or ')}`,
            fix: 'remove it: it follows from gateway.domain',
        },
    ];
};
const kinds = ({ gateway: { tls, acme, certificates } }) => {
    const given = (settings) => Object.entries(settings).flatMap(([key, value]) => (value === undefined ? [] : [key]));
    const asked = tls === 'acme' ? [] : given(acme);
    const brought = tls === 'files' ? [] : given(certificates);
    const missing = tls === 'files' ? ['chain', 'key'].filter((key) => certificates[key] === undefined) : [];
    return [
        ...asked.map((key) => ({
            path: ['gateway', 'acme', key],
            reason: `gateway.tls is ${tls}, which uses no certificate authority`,
            allowed: 'absent, or gateway.tls: acme',
            fix: 'remove it',
        })),
        ...brought.map((key) => ({
            path: ['gateway', 'certificates', key],
            reason: `gateway.tls is ${tls}`,
            allowed: 'absent, or gateway.tls: files',
            fix: 'remove it, or set gateway.tls to files',
            confidential: true,
        })),
        ...missing.map((key) => ({
            path: ['gateway', 'certificates', key],
            reason: 'gateway.tls is files',
            allowed: key === 'chain' ? 'certificates as PEM' : 'a private key as PEM, encrypted',
            fix: 'set it, or choose another gateway.tls',
        })),
    ];
};
const publicNames = ({ gateway: { domain = [], tls, acme } }) => {
    const refused = domain.filter((name) => !isPublic(name));
    if (tls !== 'acme' || acme.server !== undefined || refused.length === 0)
        return [];
    return [
        {
            path: ['gateway', 'domain'],
            reason: `no public certificate authority issues a certificate for ${refused.join(' or ')}`,
            allowed: 'names of the public DNS, or another gateway.tls, or your own certificate authority in gateway.acme.server',
            fix: 'set gateway.tls to internal, or write a public name',
        },
    ];
};
const ports = ({ gateway: { publish, tls }, valkey }) => {
    const { http, https, address } = publish;
    const meets = (port) => valkey.publish !== undefined &&
        valkey.publish.port === port &&
        addressList(address).some((one) => addressList(valkey.publish?.address ?? []).some((other) => overlap(one, other)));
    return [
        ...distinct('port', ['gateway', 'publish', 'http'], ['gateway', 'publish', 'https'], tls !== 'off' && http === https),
        ...distinct('port', ['valkey', 'publish', 'port'], ['gateway', 'publish', 'http'], meets(http)),
        ...distinct('port', ['valkey', 'publish', 'port'], ['gateway', 'publish', 'https'], tls !== 'off' && meets(https)),
    ];
};
const names = ({ gateway, valkey, webui, network }) => [
    ...distinct('name', ['webui', 'name'], ['gateway', 'name'], gateway.name === webui.name),
    ...distinct('name', ['valkey', 'name'], ['gateway', 'name'], gateway.name === valkey.name),
    ...distinct('volume', ['webui', 'volume'], ['gateway', 'volume'], gateway.volume === webui.volume),
    ...distinct('volume', ['valkey', 'volume'], ['gateway', 'volume'], gateway.volume === valkey.volume),
    ...distinct('name', ['network', 'name'], ['network', 'gatewayName'], network.gatewayName === network.name),
    ...distinct('name', ['network', 'internalName'], ['network', 'gatewayName'], network.gatewayName === network.internalName),
];
function opened({ chain, key }) {
    let certificate;
    try {
        certificate = new X509Certificate(chain);
    }
    catch {
        return 'chain';
    }
    try {
        return { certificate, privateKey: createPrivateKey(key) };
    }
    catch {
        return 'key';
    }
}
const certificate = ({ gateway: { certificates, domain = [], tls } }, circumstances) => {
    const { chain: chainText, key: keyText } = certificates;
    if (chainText === undefined || keyText === undefined || tls !== 'files')
        return [];
    const path = (part) => ['gateway', 'certificates', part];
    const chain = {
        path: path('chain'),
        allowed: 'a certificate for every domain that is valid now',
        confidential: true,
    };
    const key = { path: path('key'), allowed: 'the private key of gateway.certificates.chain', confidential: true };
    const found = opened({ chain: chainText, key: keyText });
    if (found === 'chain')
        return [{ ...chain, reason: 'it cannot be read', fix: 'copy the whole file' }];
    if (found === 'key')
        return [{ ...key, reason: 'it cannot be read, or has a passphrase', fix: 'write it without one' }];
    const { certificate, privateKey } = found;
    const missing = domain.filter((name) => certificate.checkHost(name) === undefined);
    const problems = [];
    if (missing.length > 0)
        problems.push({ ...chain, reason: `it is not for ${missing.join(' or ')}`, fix: 'use one for every domain' });
    if (Date.parse(certificate.validTo) < Date.now())
        problems.push({ ...chain, reason: `it expired on ${certificate.validTo}`, fix: 'use a new one' });
    if (!certificate.checkPrivateKey(privateKey))
        problems.push({ ...key, reason: 'it is the key of another certificate', fix: 'use the key of that one' });
    if (!isKept(circumstances, path('key')))
        problems.push({
            ...key,
            reason: `in plain text it would show in ${circumstances.origin.shows}`,
            allowed: circumstances.origin.kept,
            fix: `${circumstances.origin.secret('gateway.certificates.key')} < key.pem`,
        });
    return problems;
};
export const isIdentityHeader = (variable) => /^WEBUI_AUTH_TRUSTED_\w+_HEADER$/.test(variable);
const identity = ({ gateway: { trustedProxies }, webui: { env } }) => trustedProxies.length > 0
    ? []
    : Object.keys(env)
        .filter(isIdentityHeader)
        .map((name) => ({
        path: ['webui', 'env', name],
        reason: 'the gateway lets such a header pass through only from a trusted proxy, and none is configured',
        allowed: 'absent, or together with gateway.trustedProxies',
        fix: 'list the proxy that signs people in under gateway.trustedProxies',
    }));
const origins = (settings, { isSecret }) => {
    const value = settings.webui.env['CORS_ALLOW_ORIGIN'];
    if (value === undefined || value === '*')
        return [];
    const given = value.split(';').map((text) => text.trim().replace(/\/$/, ''));
    const missing = gatewayOrigins(settings).filter((origin) => !given.includes(origin));
    if (missing.length === 0)
        return [];
    return [
        {
            path: ['webui', 'env', 'CORS_ALLOW_ORIGIN'],
            reason: 'websockets of pages at the other domains of the gateway would be refused',
            allowed: 'absent, or a list with every domain of the gateway',
            fix: isSecret('gateway') ? 'remove it: it follows from gateway.domain' : `remove it, or add ${missing.join(';')}`,
        },
    ];
};
export const gatewayRules = [
    published,
    ownUrl,
    kinds,
    publicNames,
    ports,
    names,
    certificate,
    identity,
    origins,
].map(withGateway);
