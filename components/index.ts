/** What a Pulumi program of your own imports from this package. */

export type { Duration, Memory, Size } from '../core/units.ts';
export { type DockerTransform, dockerPlatform } from '../platform/docker/platform.ts';
export type { Platform, Server } from '../platform/platform.ts';
export { swarmPlatform } from '../platform/swarm/platform.ts';
export type { Workload } from '../platform/workload.ts';
export { Deployment, type DeploymentArgs } from './deployment.ts';
export { Gateway, type GatewayArgs } from './gateway/index.ts';
export { Network, type NetworkArgs } from './network.ts';
export { OpenWebUI, type OpenWebUIArgs } from './openWebUI/index.ts';
export { Postgres, type PostgresArgs } from './postgres/index.ts';
export { Secrets, type SecretsArgs } from './secrets.ts';
export type { ServerArgs, ServerMount, ServerTransform } from './server.ts';
export { Valkey, type ValkeyArgs } from './valkey/index.ts';
export type { BalancerArgs } from './valkey/several.ts';
