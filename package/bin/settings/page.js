import { openedAt } from '../core/gateway.js';
import { directUrl } from '../core/urls.js';
export const gatewayOrigins = ({ gateway: { domain = [], tls, publish }, webui: { url }, }) => openedAt({ domain, tls, publish }, url);
export const pageUrl = (settings) => {
    const { host, webui } = settings;
    return webui.url ?? gatewayOrigins(settings)[0] ?? directUrl(webui, host);
};
