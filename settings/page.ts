import { originsOf } from '../core/gateway.ts';
import { directUrl } from '../core/urls.ts';
import type { Checked } from './schema.ts';

/** Origins of the page by the domains of the gateway; none without a gateway. */
export const gatewayOrigins = ({ gateway: { domain = [], tls, publish } }: Pick<Checked, 'gateway'>): string[] =>
  originsOf({ domain, tls, publish });

/** Origin of the page for the people who open it. */
export const pageUrl = (settings: Checked): string => {
  const { host, webui } = settings;
  return webui.url ?? gatewayOrigins(settings)[0] ?? directUrl(webui, host);
};
