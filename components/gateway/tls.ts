/** Where Caddy's certificates come from. */

import { createHash } from 'node:crypto';
import { GATEWAY_FILES } from '../../core/gateway.ts';
import type { Configured, Json } from './configured.ts';

/** File of the root by which an ACME server is known: another one has another name, so that Caddy reads it. */
const rootFile = (pem: string) => `acme-root-${createHash('sha256').update(pem).digest('hex').slice(0, 12)}.pem`;

function issuer({ tls, acme: { email, server: ca, trustedRoot } }: Configured): Json {
  if (tls === 'internal') return { module: 'internal' };
  return {
    module: 'acme',
    ...(email !== undefined && { email }),
    ...(ca !== undefined && { ca }),
    ...(trustedRoot !== undefined && { trusted_roots_pem_files: [`${GATEWAY_FILES}/${rootFile(trustedRoot)}`] }),
  };
}

/** Caddy's app for certificates; none over plain HTTP. */
export function tlsApp(gateway: Configured): Json {
  const { tls, domain, certificates } = gateway;
  if (tls === 'off') return {};
  if (tls === 'files') {
    const { chain: certificate = '', key = '' } = certificates ?? {};
    return { tls: { certificates: { load_pem: [{ certificate, key }] }, automation: { policies: [] } } };
  }
  return { tls: { automation: { policies: [{ subjects: domain, issuers: [issuer(gateway)] }] } } };
}

/** The files that it names, by their names. */
export const tlsFiles = ({ tls, acme: { trustedRoot } }: Configured): Record<string, string> =>
  tls === 'acme' && trustedRoot !== undefined ? { [rootFile(trustedRoot)]: trustedRoot } : {};
