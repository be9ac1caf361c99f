/** What a Pulumi program of your own can import from this package. */

export { Network, type NetworkArgs, requireNetwork } from './network.ts';
export { OpenWebUI, type OpenWebUIArgs } from './openWebUI/index.ts';
export { type Claim, requireOwnership } from '../preflight/names.ts';
export { Secrets } from './secrets.ts';
export type { Duration, Memory, Size } from '../core/units.ts';
export { Valkey, type ValkeyArgs } from './valkey/index.ts';
