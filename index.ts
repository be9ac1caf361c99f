import { Deployment } from './components/deployment.ts';
import { MOVING } from './core/move.ts';
import { preflight, withPrepared } from './preflight/index.ts';
import { isScratch, readSettings } from './settings/read.ts';

/** Outputs while data moves to Postgres: the web UI still uses SQLite. */
const onSqlite = (servers: Deployment['servers']) => ({
  ...servers,
  ...{ database: undefined, webui: { ...servers.webui, database: undefined } },
});

/** The program: settings, checks before anything is registered, one component, outputs. */
export default async () => {
  const settings = readSettings();
  const { opts, engine, prepared } = await preflight(settings, { scratch: isScratch() });
  const args = withPrepared(settings, prepared);
  const { url, adminEmail, adminPassword, servers, networks } = new Deployment('chat', args, opts);
  return {
    /** Where people open the page, who signs in first, and with what. */
    ...{ url, adminEmail, adminPassword },
    /** What operational commands need: containers or services, volumes, the operator's password. */
    servers: process.env[MOVING] ? onSqlite(servers) : servers,
    networks,
    host: settings.host,
    /** The stack's engine, as it identifies itself. */
    engine,
  };
};
