import { database } from './database.js';
import { gateway } from './gateway.js';
import { valkey } from './valkey.js';
import { webui } from './webui.js';
export const PARTS = [webui, valkey, gateway, database];
export const TAKEN = [database, webui, valkey, gateway];
export const serversOf = ({ servers }, parts = PARTS) => parts.flatMap((part) => {
    const server = servers[part.name];
    if (!server)
        return [];
    const { container, service, replicas = 1 } = server;
    const others = part.name === 'valkey' ? (servers.valkey.several?.servers.slice(1) ?? []) : [];
    return [{ ...{ part, container, service, replicas }, storage: server, others }];
});
export const hasPart = ({ servers }, name) => servers[name] !== undefined;
