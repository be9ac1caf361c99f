import { RemoteError } from '../core/errors.mjs';
import { OPERATOR, VALKEY_PORT } from '../core/valkey.js';
const TIMEOUT = 10_000;
const quoted = (word) => `"${word.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
const cli = ({ servers: { valkey: server } }, port = VALKEY_PORT) => [
    ...['exec', '-i', server.container, 'valkey-cli', '-p', String(port)],
    ...(server.host === undefined ? [] : ['-h', server.host]),
];
const script = ({ servers }, ...words) => {
    const { operatorPassword } = servers.valkey;
    const commands = operatorPassword ? [['AUTH', OPERATOR, operatorPassword], words] : [words];
    return commands.map((command) => `${command.map(quoted).join(' ')}\n`).join('');
};
export const valkey = (stack, ...words) => valkeyAt(VALKEY_PORT, stack, ...words);
export async function valkeyAt(port, stack, ...words) {
    const limit = stack.servers.valkey.host === undefined ? {} : { timeout: TIMEOUT };
    const printed = await stack.docker.run(cli(stack, port), { input: script(stack, ...words), ...limit });
    const answer = printed.trim().split('\n');
    if (stack.servers.valkey.operatorPassword && answer.shift() !== 'OK')
        throw new RemoteError('Valkey does not know the operator of this stack');
    const refusal = answer.find((line) => /^(ERR|NOAUTH|NOPERM|WRONGPASS) /.test(line));
    if (refusal)
        throw new RemoteError(`Valkey refuses ${words[0]}: ${refusal}`);
    return answer;
}
export function subscribe(stack, channels) {
    let text = '';
    const child = stack.docker.start(cli(stack), { stdio: ['pipe', 'pipe', 'ignore'] });
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
    });
    child.on('error', () => { });
    child.stdin.on('error', () => { }).write(script(stack, 'SUBSCRIBE', ...channels));
    return { received: () => text.split('\n'), close: () => child.kill('SIGKILL') };
}
