import { Deployment } from './components/deployment.ts';
import { preflight } from './preflight/index.ts';
import { isScratch, readSettings } from './settings/read.ts';

/** The program: settings, checks before anything is registered, one component, outputs. */
export default async () => {
  const settings = readSettings();
  const { opts, engine } = await preflight(settings, { scratch: isScratch() });
  const { url, adminEmail, adminPassword, servers, networks } = new Deployment('chat', settings, opts);
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
