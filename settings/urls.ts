import { isIPv6 } from 'node:net';
import type { Checked } from './schema.ts';

const everywhere = ['0.0.0.0', '::'];

/** The Docker host as this machine reaches it. */
const engineHost = ({ address = '' }: Checked['host']) =>
  /^(tcp|ssh):/.test(address) ? new URL(address).hostname : '127.0.0.1';

/** Origin of the published page: for whoever reaches the Docker host where it is published everywhere, otherwise as published. */
export function publishedUrl({ host: engine, webui: { publish } }: Pick<Checked, 'host' | 'webui'>): string {
  const host = everywhere.includes(publish.address) ? engineHost(engine) : publish.address;
  return `http://${isIPv6(host) ? `[${host}]` : host}:${publish.port}`;
}

/** Origin of the page for the people who open it. */
export const pageUrl = (settings: Checked): string => settings.webui.url ?? publishedUrl(settings);
