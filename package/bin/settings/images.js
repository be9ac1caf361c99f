import { deploysPostgres } from '../core/postgres.js';
export const imagesOf = ({ webui, valkey, database, gateway }) => [
    ...[webui.image, valkey.image],
    ...(valkey.highAvailability && valkey.balancer ? [valkey.balancer.image] : []),
    ...(deploysPostgres(database) ? [database.image] : []),
    ...(gateway.domain ? [gateway.image] : []),
];
