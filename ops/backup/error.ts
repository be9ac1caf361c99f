const REASONS = {
  foreign: 'it is no backup of this program',
  truncated: 'it ends in the middle: part of it is missing',
  altered: 'its content is not what was written: it is damaged or was changed',
  passphrase: 'it is encrypted, and the passphrase does not open it',
} as const;

/** Why an archive cannot be used. */
export class ArchiveError extends Error {
  constructor(reason: keyof typeof REASONS | { because: string }) {
    super(typeof reason === 'string' ? REASONS[reason] : reason.because);
  }
}
