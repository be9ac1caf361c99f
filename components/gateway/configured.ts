/** Configuration of a gateway, before it becomes Caddy's. */

import type { Addressed } from '../../core/gateway.ts';
import type { Duration, Size } from '../../core/units.ts';

/** A certificate with those of the authorities above it, and its key, both as PEM. */
export interface Certificates {
  chain?: string | undefined;
  key?: string | undefined;
}

/** An authority that gives certificates by ACME. */
export interface Acme {
  /** Where it writes to about certificates. Default: nowhere. */
  email?: string | undefined;
  /** Address of its directory. Default: that of Let's Encrypt. */
  server?: string | undefined;
  /** Root certificate, as PEM, with which the gateway trusts that server. Default: those of public authorities. */
  trustedRoot?: string | undefined;
}

/** What a gateway is to do. */
export interface Configured extends Addressed {
  acme: Acme;
  /** Only with `tls: files`, and then needed. */
  certificates?: Certificates | undefined;
  trustedProxies: readonly string[];
  /** Headers of answers by name, in place of the usual ones or besides them; false for none. */
  headers: Readonly<Record<string, string | false>>;
  maxRequestSize: Size;
  waitTimeout: Duration;
  /** Address by which people open the page, where something before it forwards another port. Default: the gateway's own. */
  url?: string | undefined;
  /** Host and port of the web UI. */
  upstream: string;
  /** Whether its host stands for several addresses, which come and go. Default: false. */
  several?: boolean | undefined;
  /** Headers by which the web UI identifies users. Only a trusted proxy may send them. */
  identityHeaders: readonly string[];
}

/** A part of Caddy's configuration. */
export type Json = { readonly [key: string]: unknown };
