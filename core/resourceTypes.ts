/** Type tokens of resources in Pulumi's state. */

export const CONTAINER = 'docker:index/container:Container';
export const NETWORK = 'docker:index/network:Network';
export const VOLUME = 'docker:index/volume:Volume';
export const IMAGE = 'docker:index/remoteImage:RemoteImage';
export const SERVICE = 'docker:index/service:Service';
export const GET_NETWORK = 'docker:index/getNetwork:getNetwork';

/** The package in which our components are, and how their tokens begin. */
export const PACKAGE = 'openwebui';
export const MODULE = 'openwebui:index:';

/** Tokens of our components. Fixed for life: another token is another resource. */
export const COMPONENTS = {
  deployment: 'openwebui:index:Deployment',
  gateway: 'openwebui:index:Gateway',
  network: 'openwebui:index:Network',
  openWebUI: 'openwebui:index:OpenWebUI',
  postgres: 'openwebui:index:Postgres',
  secrets: 'openwebui:index:Secrets',
  valkey: 'openwebui:index:Valkey',
} as const;
