import * as pulumi from '@pulumi/pulumi';
import { completed, gatewayDefaults } from '../../core/defaults.ts';
import {
  ADMIN_SOCKET,
  CONFIGURATION,
  GATEWAY_DATA,
  GATEWAY_FILES,
  GATEWAY_USER,
  type GatewayPublished,
  gatewayPorts,
  HEALTH_PORT,
  HEALTHY,
  type Tls,
} from '../../core/gateway.ts';
import { COMPONENTS } from '../../core/resourceTypes.ts';
import type { Duration, Size } from '../../core/units.ts';
import { addressList, canonical } from '../../core/urls.ts';
import type { Exec } from '../../platform/healthcheck.ts';
import type { Instances } from '../../platform/platform.ts';
import type { Attachment } from '../../platform/workload.ts';
import { attachmentOf, type ServerArgs, serve } from '../server.ts';
import { configurationFiles } from './configuration.ts';
import type { Acme } from './configured.ts';

/**
 * Arguments of {@link Gateway}. A change of what it does (domains, certificates, headers, limits) is reloaded while it runs and closes no websocket; a
 * change of how it runs (image, ports, resource limits) replaces it and keeps its data.
 */
export interface GatewayArgs extends Omit<ServerArgs, 'folder' | 'mounts' | 'publish'> {
  /** Network on which it finds the web UI. */
  networkName: pulumi.Input<string> | Attachment;
  /**
   * Address by which people open the page; HTTP redirects to it.
   *
   * @default the first domain at the published port
   * @example 'https://chat.example.com'
   */
  url?: string | undefined;
  /** Host and port of the web UI there. */
  upstream: string;
  /**
   * Whether that host stands for several addresses, which come and go.
   *
   * @default false
   */
  several?: boolean | undefined;
  /**
   * Names by which people open the page; the first is the one in links.
   *
   * @example ['chat.example.com']
   */
  domain: readonly string[];
  /**
   * Where certificates come from; `off` for HTTP only, behind a proxy that terminates HTTPS.
   *
   * @default 'acme'
   */
  tls?: Tls | undefined;
  /**
   * The certificate authority for `tls: 'acme'`.
   *
   * @default Let's Encrypt, without an e-mail address
   * @example { email: 'you@example.com' }
   */
  acme?: Acme | undefined;
  /** Certificate and key; required for `tls: 'files'`. */
  certificates?: { chain?: string | undefined; key?: pulumi.Input<string> | undefined } | undefined;
  /**
   * Ports and addresses of the host. A change replaces the server.
   *
   * @default { http: 80, https: 443, address: '0.0.0.0' }
   */
  publish?: Partial<GatewayPublished> | undefined;
  /**
   * Addresses and subnets of trusted proxies in front of it: the client's address is taken only from their headers.
   *
   * @default []
   * @example ['10.0.0.0/24']
   */
  trustedProxies?: readonly string[] | undefined;
  /**
   * Response headers, in addition to or instead of the defaults: HSTS, no sniffing, no foreign frames, short referrers. False removes one.
   *
   * @example { 'X-Frame-Options': false, 'Content-Security-Policy': "frame-ancestors 'self' https://intranet.example.com" }
   */
  headers?: Readonly<Record<string, string | false>> | undefined;
  /**
   * Requests beyond it are answered with 413.
   *
   * @default '1 GB'
   */
  maxRequestSize?: Size | undefined;
  /**
   * Time for which a request waits while the web UI accepts no connections; after that it gets 503.
   *
   * @default '60s'
   */
  waitTimeout?: Duration | undefined;
  /** Headers by which the web UI identifies users: only a trusted proxy may send them. */
  identityHeaders?: readonly string[] | undefined;
}

/** The image's busybox; the process that serves the page also answers the check. */
const SERVES: Exec = {
  kind: 'exec',
  command: ['wget', '-q', '-O', '-', `http://127.0.0.1:${HEALTH_PORT}/`],
  well: HEALTHY,
  hung: 'wget: download timed out',
};

const FILE = `${GATEWAY_FILES}/${CONFIGURATION}`;

/**
 * Caddy in front of the web UI: HTTPS, one address for everyone, and requests that wait while the web UI is replaced. A deployment succeeds
 * when it serves; a certificate that has to be requested may arrive some seconds later.
 *
 * @example
 * const gateway = new Gateway('gateway', { platform, name: 'caddy', volume: 'caddy', networkName, upstream: 'open-webui:8080', domain: ['chat.example.com'] });
 */
export class Gateway extends pulumi.ComponentResource {
  /** The server's container or service; known once it serves with the current configuration. */
  readonly instances: pulumi.Output<Instances>;
  /** Name of the volume with the certificates. */
  readonly volumeName: pulumi.Output<string>;

  /** @throws RangeError for a quantity without its unit, such as a `maxRequestSize` of `"100"`. */
  constructor(name: string, given: GatewayArgs, opts?: pulumi.ComponentResourceOptions) {
    const args = completed(given, gatewayDefaults);
    super(COMPONENTS.gateway, name, {}, opts);
    const { acme = {}, certificates, trustedProxies = [], identityHeaders = [], publish, pidsLimit } = args;
    const strict = args.hardening === 'strict';
    const files = (key: string): Record<string, string> =>
      configurationFiles({
        ...{ domain: args.domain, tls: args.tls, publish, acme, trustedProxies, headers: args.headers },
        ...{ maxRequestSize: args.maxRequestSize, waitTimeout: args.waitTimeout },
        ...{ url: args.url, upstream: args.upstream, several: args.several, identityHeaders },
        ...(certificates && { certificates: { chain: certificates.chain, key } }),
      });
    const server = serve(
      this,
      name,
      { ...args, publish: 'none' },
      {
        data: { path: GATEWAY_DATA, ...(strict && { ownedFolder: 'caddy' }) },
        networks: [attachmentOf(args.networkName)],
        publish: addressList(publish.address).flatMap((address) =>
          gatewayPorts({ tls: args.tls, publish }).map(({ port, inside }) => ({
            ...{ address: canonical(address), port, targetPort: inside },
          })),
        ),
        // The official image sets this file capability, and the kernel refuses to run a program without all of its own.
        ...(strict
          ? { user: GATEWAY_USER, readOnlyRoot: { tmpfs: {} }, capabilities: ['NET_BIND_SERVICE'] as const }
          : // Files of a volume that an ordinary user has filled.
            { capabilities: ['DAC_OVERRIDE', 'NET_BIND_SERVICE'] as const }),
        entrypoint: ['caddy'],
        command: ['run', '--config', FILE],
        liveFiles: {
          folder: GATEWAY_FILES,
          // With a certificate, its key is among them.
          files: certificates?.key ? pulumi.secret(certificates.key).apply(files) : pulumi.output(files('')),
          check: ['caddy', 'validate', '--config', FILE],
          reload: ['caddy', 'reload', '--config', FILE, '--address', ADMIN_SOCKET],
        },
        check: SERVES,
        // No data is lost; a streamed response that takes longer is cut off.
        stopGrace: '10s',
      },
    );
    this.instances = server.instances;
    // It has no data but in a volume.
    this.volumeName = server.volume ?? pulumi.output(args.volume);
    this.registerOutputs({ instances: this.instances, pidsLimit, volumeName: this.volumeName });
  }
}
