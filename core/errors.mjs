/**
 * The three kinds of errors. Plain JavaScript, because `bootstrap/` throws them before a recent Node.js is there.
 *
 * A `UserError` is the user's to fix and is printed without a stack trace. A `RemoteError` is what another program or server answered: the
 * engine, Valkey, Open WebUI, a forge. Everything else is our own bug and is printed with its stack trace.
 */

/** A mistake or an obstacle that the user can remove. */
export class UserError extends Error {
  /** @override */
  name = 'UserError';
  /**
   * @param {string} message what is wrong, and where
   * @param {string} [next] what to do about it, for messages that do not say it themselves
   */
  constructor(message, next) {
    super(message);
    /** @type {string | undefined} */
    this.next = next;
  }
}

/** Another program or server refused or failed. */
export class RemoteError extends Error {
  /** @override */
  name = 'RemoteError';
  /**
   * @param {string} message who answered what
   * @param {{ status?: number, next?: string }} [more] the HTTP status, and what to do about it
   */
  constructor(message, { status, next } = {}) {
    super(message);
    /** @type {number | undefined} */
    this.status = status;
    /** @type {string | undefined} */
    this.next = next;
  }
}

/** A state that this program promises never to reach. */
export class InternalError extends Error {
  /** @override */
  name = 'InternalError';
}

/**
 * An error as lines for a terminal.
 *
 * @param {unknown} error
 * @returns {string}
 */
export function describeError(error) {
  if (!(error instanceof Error)) return `✘ ${String(error)}`;
  if (!(error instanceof UserError || error instanceof RemoteError) && !isUsage(error))
    return `✘ ${error.stack ?? error.message}`;
  const next = 'next' in error ? error.next : undefined;
  return `✘ ${error.message}${next ? `\n  next: ${next}` : ''}`;
}

/** @param {Error & { code?: unknown }} error */
const isUsage = ({ code }) => typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS');
