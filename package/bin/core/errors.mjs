export class UserError extends Error {
    name = 'UserError';
    constructor(message, next) {
        super(message);
        this.next = next;
    }
}
export class RemoteError extends Error {
    name = 'RemoteError';
    constructor(message, { status, next } = {}) {
        super(message);
        this.status = status;
        this.next = next;
    }
}
export class InternalError extends Error {
    name = 'InternalError';
}
export function describeError(error) {
    if (!(error instanceof Error))
        return `✘ ${String(error)}`;
    if (!(error instanceof UserError || error instanceof RemoteError) && !isUsage(error))
        return `✘ ${error.stack ?? error.message}`;
    const next = 'next' in error ? error.next : undefined;
    return `✘ ${error.message}${next ? `\n  next: ${next}` : ''}`;
}
const isUsage = ({ code }) => typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS');
