import { posix } from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { configurationFiles } from '../components/gateway/configuration.js';
import { CONFIGURATION, GATEWAY_FILES } from '../core/gateway.js';
import { tasksHostOf } from '../core/names.js';
import { isSwarm } from '../core/platform.js';
import { quoted } from '../core/shell.js';
import { WEBUI_PORT } from '../core/webui.js';
import { ofStackFile } from './origin.js';
const TIMEOUT = 60_000;
const CONFINED = [
    ...['--rm', '--interactive', '--pull', 'never', '--network', 'none', '--no-healthcheck', '--memory', '256m'],
    ...['--security-opt', 'no-new-privileges', '--cap-drop', 'ALL', '--cap-add', 'NET_BIND_SERVICE'],
];
const script = (files) => [
    'set -eu',
    `mkdir -p ${GATEWAY_FILES}`,
    ...Object.entries(files).map(([name, text]) => `printf %s ${quoted(text)} > ${posix.join(GATEWAY_FILES, name)}`),
    `exec caddy validate --config ${posix.join(GATEWAY_FILES, CONFIGURATION)}`,
].join('\n');
const reasonOf = (said) => (said.trim().split('\n').at(-1) ?? '').replace(/^Error: /, '').slice(0, 500) || 'it does not say why';
export async function requireConfiguration(docker, settings, { owner, file } = ofStackFile()) {
    const { gateway, webui } = settings;
    const { domain, image, name, certificates } = gateway;
    if (domain === undefined)
        return;
    const files = configurationFiles({
        ...{ ...gateway, domain, url: webui.url, several: isSwarm(settings) },
        upstream: `${isSwarm(settings) ? tasksHostOf(webui.name) : webui.name}:${WEBUI_PORT}`,
        certificates,
    });
    const present = ['exec', name, 'cat', posix.join(GATEWAY_FILES, CONFIGURATION)];
    const [configured, server, has] = await Promise.all([
        docker.capture(present, { timeout: TIMEOUT }),
        docker.capture(['container', 'inspect', '--format', '{{.Image}}', name], { timeout: TIMEOUT }),
        docker.capture(['image', 'inspect', '--format', '{{.Id}}', image], { timeout: TIMEOUT }),
    ]);
    const same = server.stdout === has.stdout && configured.code === 0 && configured.stdout === files[CONFIGURATION];
    if (has.code !== 0 || same)
        return;
    const run = ['run', ...CONFINED, '--entrypoint', '/bin/sh', image, '-s'];
    const { code, stderr } = await docker.capture(run, { input: script(files), timeout: TIMEOUT });
    if (code === 0)
        return;
    throw new pulumi.RunError(`The gateway cannot be configured as ${file} says. Nothing was created or changed.\n` +
        `  Caddy says:  ${reasonOf(stderr)}\n` +
        `  to do:       correct it below ${owner}:gateway; ${image} has to be Caddy 2.11 or newer\n`);
}
