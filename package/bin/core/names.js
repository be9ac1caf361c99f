export const namesInStack = (stack) => ({
    network: `openwebui-network-${stack}`,
    internal: `openwebui-internal-${stack}`,
    between: `openwebui-gateway-${stack}`,
    valkey: `redis-valkey-${stack}`,
    valkeyVolume: `redis-data-${stack}`,
    webui: `open-webui-${stack}`,
    database: `open-webui-postgres-${stack}`,
    gateway: `caddy-${stack}`,
    gatewayVolume: `caddy-data-${stack}`,
});
export const namesOfDeployment = (deployment, stack) => ({
    network: `${deployment}-${stack}`,
    internal: `${deployment}-internal-${stack}`,
    between: `${deployment}-gateway-${stack}`,
    valkey: `${deployment}-valkey-${stack}`,
    valkeyVolume: `${deployment}-valkey-${stack}`,
    webui: `${deployment}-webui-${stack}`,
    database: `${deployment}-postgres-${stack}`,
    gateway: `${deployment}-gateway-${stack}`,
    gatewayVolume: `${deployment}-gateway-${stack}`,
});
export const initContainerOf = (server) => `${server}-init`;
export const secretsVolumeOf = (server) => `${server}-secrets`;
export const balancerNameOf = (valkey) => `${valkey}-balancer`;
export const databaseNetworkOf = (server) => `${server}-network`;
export const liveFilesOf = (server) => `${server}-config`;
export const archiveContainerOf = (server) => `${server}-archive`;
export const valkeyHostOf = ({ name, alias }, { shared, hardening }) => alias ?? (shared && hardening !== 'strict' ? name : 'redis');
export const tasksHostOf = (service) => `tasks.${service}`;
