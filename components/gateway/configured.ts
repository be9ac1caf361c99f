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
  /** Certificate, as PEM, by which the gateway knows that server. Default: those of public authorities. */
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
  /** Host and port of the web UI. */
  upstream: string;
  /** Headers by which the web UI identifies users. Only a trusted proxy may send them. */
  identityHeaders: readonly string[];
}

/** A part of Caddy's configuration. */
export type Json = { readonly [key: string]: unknown };
