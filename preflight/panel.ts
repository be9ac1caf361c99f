/** Names changed variables that have no effect, because the admin panel decides on them since the first start. */

import * as pulumi from '@pulumi/pulumi';
import type { Host } from '../core/endpoint.ts';
import { variablesIn } from '../core/environment.ts';
import { shellAssignments } from '../core/shell.ts';
import { sourceOf, storageOf } from '../core/storage.ts';
import { directUrl, type Published } from '../core/urls.ts';
import type { Docker } from '../docker/client.ts';
import { inspect, inspectContainer } from '../docker/inspect.ts';
import type { Found } from '../docker/inventory.ts';
import { ofStackFile, type Subject } from './origin.ts';
import { isOfServer, readOwnState } from './state.ts';

type Variables = Readonly<Record<string, string>>;

/** What of a stack's settings matters here. */
interface Settings {
  host: Host;
  webui: {
    volume: string;
    folder?: string | undefined;
    configuration: 'page' | 'file';
    name: string;
    publish: Published;
    url: string;
    env: Variables;
    secretEnv: Variables;
  };
}

/** The variables of the web UI that follow from settings: the stack file's, and what it derives from them. */
const variablesOf = ({ host, webui }: Settings): Variables => ({
  ...(webui.url !== directUrl(webui, host) && { WEBUI_URL: webui.url }),
  ...webui.env,
  ...webui.secretEnv,
});

const fromList = (env: readonly string[] | null): Variables =>
  Object.fromEntries((env ?? []).map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));

/** What the server that is on the volume has, as variables in its environment, without those of its image. */
async function present(docker: Docker, container: string): Promise<Variables> {
  const found = await inspectContainer(docker, container);
  if (!found) return {};
  const [image] = await inspect(docker, 'image', [found.Image]);
  const builtIn = new Set(image?.Config.Env ?? []);
  return {
    ...fromList((found.Config.Env ?? []).filter((line) => !builtIn.has(line))),
    // On Swarm they stand before the entrypoint.
    ...Object.fromEntries(variablesIn(found.Config.Entrypoint ?? [])),
  };
}

/** Files with secret variables, as of the last update. */
async function secretFiles({ deployment }: Pick<Subject, 'deployment'>): Promise<string> {
  const own = (await readOwnState()).filter(({ urn }) => isOfServer(urn, deployment, 'webui'));
  const uploads = own.flatMap(({ outputs }) => outputs['uploads'] ?? []);
  return (uploads as { content?: unknown }[]).map(({ content }) => `\n${content}`).join('');
}

/**
 * The variables of a change that come too late.
 *
 * @param wanted what the web UI is to have. @param was what it has in its environment. @param files what it has in files of assignments.
 * @param decided names on which the panel decides.
 */
export function tooLate(wanted: Variables, was: Variables, files: string, decided: readonly string[]): string[] {
  const isThere = (name: string, value: string) =>
    was[name] === value || files.includes(`\n${shellAssignments({ [name]: value })}`);
  return decided.filter((name) => {
    const value = wanted[name];
    // Whether strangers may sign up is a setting of its own, with its own refusal.
    if (name === 'ENABLE_SIGNUP') return false;
    return value === undefined ? was[name] !== undefined || files.includes(`\n${name}='`) : !isThere(name, value);
  });
}

/**
 * Warns of variables that were changed and have no effect. Call it when names were checked.
 *
 * @param found what the stack has on the engine; nothing when it could not be looked at.
 */
export async function warnOfPanel(
  docker: Docker,
  settings: Settings,
  found: readonly Found[],
  subject: Pick<Subject, 'deployment' | 'shows'> = ofStackFile(),
): Promise<void> {
  const { configuration, secretEnv } = settings.webui;
  const data = storageOf(settings.webui);
  const server = found.find(
    ({ kind, role, volumes }) =>
      kind === 'container' && volumes.includes(sourceOf(data)) && (role ?? 'server') === 'server',
  );
  // The first start takes all of them. A folder may be there before it.
  const hasStarted =
    'folder' in data ? server !== undefined : found.some(({ kind, name }) => kind === 'volume' && name === data.volume);
  if (configuration !== 'page' || !hasStarted) return;
  const { PANEL_VARIABLES } = await import('../core/webuiVariables.ts');
  const wanted = variablesOf(settings);
  const isSecret = PANEL_VARIABLES.some((name) => Object.hasOwn(secretEnv, name));
  const names = await Promise.all([server ? present(docker, server.name) : {}, isSecret ? secretFiles(subject) : ''])
    .then(([was, files]) => tooLate(wanted, was, files, PANEL_VARIABLES))
    // No reason to stop: an engine or a state that does not answer is for others to report.
    .catch(() => []);
  if (names.length === 0) return;
  await pulumi.log.warn(
    `The admin panel has controlled ${names.join(', ')} since the first start: the change of ${subject.shows} has no effect. Change it in the admin panel, or set webui.configuration: file.`,
  );
}
