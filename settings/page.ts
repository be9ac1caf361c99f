import { openedAt } from '../core/gateway.ts';
import { directUrl } from '../core/urls.ts';
import type { Checked } from './schema.ts';

/** Origins at which people open the page by the domains of the gateway; none without a gateway. */
export const gatewayOrigins = ({
  gateway: { domain = [], tls, publish },
  webui: { url },
}: Pick<Checked, 'gateway' | 'webui'>): string[] => openedAt({ domain, tls, publish }, url);

/** Origin of the page for the people who open it. */
export const pageUrl = (settings: Checked): string => {
  const { host, webui } = settings;
  return webui.url ?? gatewayOrigins(settings)[0] ?? directUrl(webui, host);
};
