import { UserError } from '../../core/errors.mjs';
const REASONS = {
    foreign: 'it is not a backup of this program',
    truncated: 'it is truncated: part of it is missing',
    altered: 'its content is not what was written: it is damaged or was changed',
    passphrase: 'it is encrypted, and the passphrase does not open it',
};
export const unusable = (reason) => new UserError(`the backup cannot be used: ${typeof reason === 'string' ? REASONS[reason] : reason.because}`);
