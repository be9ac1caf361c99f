import { createHash } from 'node:crypto';
import { GATEWAY_FILES } from '../../core/gateway.js';
const rootFile = (pem) => `acme-root-${createHash('sha256').update(pem).digest('hex').slice(0, 12)}.pem`;
function issuer({ tls, acme: { email, server: ca, trustedRoot } }) {
    if (tls === 'internal')
        return { module: 'internal' };
    return {
        module: 'acme',
        ...(email !== undefined && { email }),
        ...(ca !== undefined && { ca }),
        ...(trustedRoot !== undefined && { trusted_roots_pem_files: [`${GATEWAY_FILES}/${rootFile(trustedRoot)}`] }),
    };
}
export function tlsApp(gateway) {
    const { tls, domain, certificates } = gateway;
    if (tls === 'off')
        return {};
    if (tls === 'files') {
        const { chain: certificate = '', key = '' } = certificates ?? {};
        return { tls: { certificates: { load_pem: [{ certificate, key }] }, automation: { policies: [] } } };
    }
    return { tls: { automation: { policies: [{ subjects: domain, issuers: [issuer(gateway)] }] } } };
}
export const tlsFiles = ({ tls, acme: { trustedRoot } }) => tls === 'acme' && trustedRoot !== undefined ? { [rootFile(trustedRoot)]: trustedRoot } : {};
