import { UserError } from './errors.mjs';
export class NotDeployed extends UserError {
}
