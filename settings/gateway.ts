/** The settings of the gateway. */

import { isIP } from 'node:net';
import { z } from 'zod';
import { gatewayDefaults } from '../core/defaults.ts';
import type { Names } from '../core/names.ts';
import { parseSubnet } from '../core/subnets.ts';
import { address, choice, described, duration, group, keyNamed, port, size } from './leaves.ts';
import { serverSettings } from './server.ts';

/** A host name, as DNS has it; no wildcard. */
const DOMAIN = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;

const name = z.string().regex(DOMAIN);

const domain = described(
  name
    .or(
      z
        .array(name)
        .min(1)
        .refine((all) => new Set(all).size === all.length),
    )
    .transform((given) => [given].flat())
    .optional(),
  'Name by which people open the page, or a list of names. With it, a gateway is deployed and the web UI itself is no longer published. Default: no gateway',
  'a host name in lower case, or a list of several, without scheme, port or wildcard',
  'write it as chat.example.com, or remove the key for no gateway',
);

const pem = (kind: string) => new RegExp(`^-----BEGIN ${kind}-----\\n[\\s\\S]+\\n-----END ${kind}-----\\s*$`);

const certificate = z.string().regex(pem('CERTIFICATE'));

const acme = group(
  {
    email: described(
      z.email().optional(),
      'Where the certificate authority reports problems. Default: nowhere',
      'an e-mail address',
      'write it as "you@example.com"',
    ),
    server: described(
      z
        .string()
        .refine((text) => URL.canParse(text) && new URL(text).protocol === 'https:')
        .optional(),
      "ACME directory of the certificate authority. Default: that of Let's Encrypt",
      'an https:// address',
      'write it as "https://acme.example.com/directory"',
    ),
    trustedRoot: described(
      certificate.optional(),
      "Root certificate, as PEM, with which the gateway trusts that server. Default: the public authorities'",
      'a certificate as PEM, from -----BEGIN CERTIFICATE----- on',
      'write it as a block of text: trustedRoot: |',
    ),
  },
  'The certificate authority for tls: acme',
);

const certificates = group(
  {
    chain: described(
      certificate.optional(),
      'The certificate followed by its intermediate certificates, as PEM. Changed without a restart',
      'certificates as PEM, from -----BEGIN CERTIFICATE----- on',
      'write it as a block of text: chain: |',
    ),
    key: described(
      z.string().regex(pem('([A-Z]+ )?PRIVATE KEY')).optional(),
      'The private key of the certificate, as PEM, without a passphrase; always encrypted. Changed without a restart',
      'a private key as PEM, from -----BEGIN PRIVATE KEY----- on',
      undefined,
      { secret: true },
    ),
  },
  'The certificate for tls: files',
);

const proxies = z.array(z.string().refine((text) => isIP(text) !== 0 || parseSubnet(text) !== undefined));

const headers = described(
  z
    .record(
      keyNamed(z.string().regex(/^[A-Za-z0-9-]+$/), {
        description: 'this is not a name for a header',
        allowed: 'letters, digits and "-"',
        fix: 'correct the name',
      }),
      described(
        z.literal(false).or(z.string().regex(/^[\x20-\x7e]+$/)),
        'Value of a header',
        'one line of text, or false',
        'quote the value, or write false to send no such header',
      ),
    )
    .default({}),
  'Response headers as NAME: value, in addition to or instead of the defaults (Strict-Transport-Security: max-age=31536000, X-Content-Type-Options: nosniff, X-Frame-Options: SAMEORIGIN, Referrer-Policy: strict-origin-when-cross-origin); false removes one. Changed without a restart',
  'headers as NAME: value, each value a line of text or false',
  'write one NAME: value per line',
);

/** The settings of a stack's gateway. */
export function gatewaySettings(stack: string, names: Names) {
  // On one network with the web UI alone: what else were there could say of clients what it likes. And nothing is in it but its certificates.
  const {
    networks: _,
    folder: __,
    mounts: ___,
    ...server
  } = serverSettings(stack, gatewayDefaults, {
    ...{ name: names.gateway, volume: names.gatewayVolume, networksText: '' },
    imageText: 'Image of Caddy 2.11 or newer. A change replaces the container, with a short interruption',
  });
  const { publish } = gatewayDefaults;
  return group(
    {
      domain,
      ...server,
      tls: choice(
        'Where certificates come from. acme: an ACME certificate authority, which validates the domain over port 80 or 443; internal: the certificate authority of the gateway itself, which browsers do not trust by default; files: certificates; off: nowhere, for HTTP only, behind a proxy that terminates HTTPS',
        gatewayDefaults.tls,
        'internal',
        'files',
        'off',
      ),
      acme,
      certificates,
      publish: group(
        {
          http: port('Port of the Docker host for HTTP, which is redirected to HTTPS', publish.http),
          https: port('Port of the Docker host for HTTPS', publish.https),
          address: address('Address of the Docker host, or a list of addresses', publish.address),
        },
        'Where the gateway is published. A change replaces the container, with a short interruption',
      ),
      trustedProxies: described(
        proxies.default([]),
        'Addresses and subnets of proxies in front of the gateway: their forwarded headers are trusted. Changed without a restart',
        'a list of IP addresses and subnets',
        'write it as [10.0.0.5, 10.1.0.0/16]',
      ),
      headers,
      maxRequestSize: size(
        'Size beyond which a request is answered with 413. Changed without a restart',
        gatewayDefaults.maxRequestSize,
      ),
      waitTimeout: duration(
        'Time for which a request waits while the web UI is replaced; after that, browsers get a page that reloads itself, programs get 503. Changed without a restart',
        gatewayDefaults.waitTimeout,
      ),
    },
    'The gateway, which gives the page its domain and HTTPS',
  );
}

type Given = Record<string, unknown>;
const isGroup = (value: unknown): value is Given =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a stack file says, with what follows from a gateway: the web UI is published nowhere, unless it is said where. */
export function behindGateway(given: Given): Given {
  const { gateway, webui = {} } = given;
  if (!isGroup(gateway) || gateway['domain'] === undefined || !isGroup(webui)) return given;
  return webui['publish'] === undefined ? { ...given, webui: { ...webui, publish: 'none' } } : given;
}
