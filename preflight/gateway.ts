/** Whether Caddy takes the configuration that follows from the settings: asked of Caddy itself, before anything is registered. */

import { posix } from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { configurationFiles } from '../components/gateway/configuration.ts';
import { CONFIGURATION, GATEWAY_FILES } from '../core/gateway.ts';
import { tasksHostOf } from '../core/names.ts';
import { isSwarm } from '../core/platform.ts';
import { quoted } from '../core/shell.ts';
import { WEBUI_PORT } from '../core/webui.ts';
import type { Docker } from '../docker/client.ts';
import type { Settings } from '../settings/parse.ts';
import { ofStackFile, type Subject } from './origin.ts';

/** What a start of a container and of Caddy may take, in milliseconds. */
const TIMEOUT = 60_000;

/** Isolated as the gateway is, and without a network. */
const CONFINED = [
  ...['--rm', '--interactive', '--pull', 'never', '--network', 'none', '--no-healthcheck', '--memory', '256m'],
  ...['--security-opt', 'no-new-privileges', '--cap-drop', 'ALL', '--cap-add', 'NET_BIND_SERVICE'],
];

/** A script that writes the files and has Caddy look at them. It goes over standard input: arguments show what they hold. */
const script = (files: Readonly<Record<string, string>>): string =>
  [
    'set -eu',
    `mkdir -p ${GATEWAY_FILES}`,
    ...Object.entries(files).map(([name, text]) => `printf %s ${quoted(text)} > ${posix.join(GATEWAY_FILES, name)}`),
    `exec caddy validate --config ${posix.join(GATEWAY_FILES, CONFIGURATION)}`,
  ].join('\n');

/** The reason among the lines of Caddy's log. */
const reasonOf = (said: string): string =>
  (said.trim().split('\n').at(-1) ?? '').replace(/^Error: /, '').slice(0, 500) || 'it does not say why';

/**
 * Refuses a configuration that Caddy does not take. One that runs already is not asked for again; without the image, the update asks when it has
 * it, before the gateway reads anything.
 *
 * @throws pulumi.RunError with what Caddy says.
 */
export async function requireConfiguration(
  docker: Docker,
  settings: Settings,
  { owner, file }: Pick<Subject, 'owner' | 'file'> = ofStackFile(),
): Promise<void> {
  const { gateway, webui } = settings;
  const { domain, image, name, certificates } = gateway;
  if (domain === undefined) return;
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
  if (has.code !== 0 || same) return;
  const run = ['run', ...CONFINED, '--entrypoint', '/bin/sh', image, '-s'];
  const { code, stderr } = await docker.capture(run, { input: script(files), timeout: TIMEOUT });
  if (code === 0) return;
  throw new pulumi.RunError(
    `The gateway cannot be configured as ${file} says. Nothing was created or changed.\n` +
      `  Caddy says:  ${reasonOf(stderr)}\n` +
      `  to do:       correct it below ${owner}:gateway; ${image} has to be Caddy 2.11 or newer\n`,
  );
}
