import { isIPv6 } from 'node:net';
import type { Checked } from './schema.ts';

const everywhere = ['0.0.0.0', '::'];

/** Origin at which the Docker host itself reaches the published page. */
export function publishedUrl({ webui: { publish } }: { webui: Pick<Checked['webui'], 'publish'> }): string {
  const host = everywhere.includes(publish.address) ? '127.0.0.1' : publish.address;
  return `http://${isIPv6(host) ? `[${host}]` : host}:${publish.port}`;
}

/** Origin of the page for the people who open it. */
export const pageUrl = (settings: Checked): string => settings.webui.url ?? publishedUrl(settings);
