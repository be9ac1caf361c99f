import { endpointEnvironment } from '../core/endpoint.js';
import { RemoteError } from '../core/errors.mjs';
import { attached, capture, start } from '../system/exec.mjs';
import { managedBy } from './managed.js';
export function connect(endpoint, env = process.env) {
    const place = { env: endpointEnvironment(endpoint, env) };
    const engine = {
        endpoint,
        capture: (args, options) => capture('docker', args, { ...place, ...options }),
        async run(args, options) {
            const { code, stdout, stderr, timedOut } = await capture('docker', args, { ...place, ...options });
            if (code === 0)
                return stdout;
            if (timedOut)
                throw new RemoteError(`the engine did not answer within ${(options?.timeout ?? 0) / 1000} s`);
            const why = (stderr.trim() || stdout.trim()).split('\n').at(-1);
            throw new RemoteError(`docker ${args[0]}: ${why || `ended with ${code}`}`);
        },
        attached: (args) => attached('docker', args, place),
        start: (args, options) => start('docker', args, {
            ...place,
            stdio: ['pipe', 'pipe', 'pipe'],
            ...options,
        }),
    };
    return endpoint.manager ? managedBy(connect(endpoint.manager, env), engine) : engine;
}
