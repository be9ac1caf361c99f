import { UserError } from './errors.mjs';

/** A stack that has no state yet, or nothing in it. */
export class NotDeployed extends UserError {}
