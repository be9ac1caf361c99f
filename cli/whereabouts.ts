/** Where the page of a stack is, in words. */

import { type Endpoint, tunnelCommand } from '../core/endpoint.ts';
import { networkUrl } from '../core/urls.ts';

/** What of a stack decides on it. */
export interface Whereabouts {
  url: string;
  servers: {
    webui: { container: string; service?: string | undefined; publishedAt?: string | undefined };
    gateway?: object | undefined;
  };
}

/** Lines for people: where they open the page, and how a proxy reaches one for which no port of the host is published. */
export function whereaboutsOf({ url, servers: { webui, gateway } }: Whereabouts, endpoint: Endpoint): string[] {
  if (gateway) return [url];
  if (webui.publishedAt !== undefined) {
    const tunnel = tunnelCommand(endpoint, url);
    return tunnel ? [`${url} of that host; from here with`, tunnel] : [url];
  }
  const inside = networkUrl(webui.service ?? webui.container);
  const note = 'no port of the host is published';
  return url === inside
    ? [`${url} for containers on one of its networks; ${note}`]
    : [url, `${note}: a proxy on one of its networks reaches it at ${inside}`];
}
