import { Deployment } from './components/deployment.ts';
import { preflight } from './preflight/index.ts';
import { isScratch, readSettings } from './settings/read.ts';

/** The program: settings, checks before anything is registered, one component, outputs. */
export default async () => {
  const settings = readSettings();
  const { opts, engine, prepared } = await preflight(settings, { scratch: isScratch() });
  const { imageIds, extraStartTime } = prepared;
  const args = {
    ...settings,
    valkey: { ...settings.valkey, imageId: imageIds.valkey },
    webui: { ...settings.webui, imageId: imageIds.webui, extraStartTime },
    database: { ...settings.database, imageId: imageIds.database },
    gateway: { ...settings.gateway, imageId: imageIds.gateway },
  };
  const { url, adminEmail, adminPassword, servers, networks } = new Deployment('chat', args, opts);
  return {
    /** Where people open the page, who signs in first, and with what. */
    ...{ url, adminEmail, adminPassword },
    /** What operations need: how servers are found, their volumes, the operator's password. */
    servers,
    networks,
    host: settings.host,
    /** The engine that the stack is on, by what it says of itself. */
    engine,
  };
};
