import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DOCKER_HUB } from '../core/images.js';
import { privateRegistryOf } from '../core/registries.js';
import { connect } from './client.js';
const HUB_KEY = 'https://index.docker.io/v1/';
async function knowing({ endpoint }, address, { username, password }, work) {
    const folder = mkdtempSync(join(tmpdir(), 'open-webui-registry-'));
    try {
        const key = address === DOCKER_HUB ? HUB_KEY : address;
        const auth = Buffer.from(`${username}:${password}`).toString('base64');
        writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths: { [key]: { auth } } }), { mode: 0o600 });
        return await work(connect(endpoint, { ...process.env, DOCKER_CONFIG: folder }));
    }
    finally {
        rmSync(folder, { recursive: true, force: true });
    }
}
export function authenticated(docker, registries) {
    if (Object.keys(registries).length === 0)
        return docker;
    const through = (args, work) => {
        const image = args[0] === 'pull' ? args.at(-1) : undefined;
        const address = image === undefined ? undefined : privateRegistryOf(image, registries);
        const credentials = address === undefined ? undefined : registries[address];
        return address === undefined || credentials === undefined
            ? work(docker)
            : knowing(docker, address, credentials, work);
    };
    return {
        ...docker,
        capture: (args, options) => through(args, (client) => client.capture(args, options)),
        run: (args, options) => through(args, (client) => client.run(args, options)),
    };
}
const REFUSED = /unauthori[sz]ed|denied|forbidden|incorrect username or password|\b40[13]\b/i;
const TIMEOUT = 30_000;
export function signIn(docker, address, credentials) {
    return knowing(docker, address, credentials, async (client) => {
        const { code, stderr, timedOut } = await client.capture(['login', '--username', credentials.username, '--password-stdin', address], { input: credentials.password, timeout: TIMEOUT });
        if (code === 0)
            return { kind: 'accepted' };
        if (timedOut)
            return { kind: 'silent', said: `no answer within ${TIMEOUT / 1000} s` };
        const said = (stderr.trim().split('\n').at(-1) ?? '').replace(/^Error response from daemon: /, '');
        if (/Cannot connect to the Docker daemon|error during connect/.test(said))
            return undefined;
        return { kind: REFUSED.test(said) ? 'refused' : 'silent', said };
    });
}
