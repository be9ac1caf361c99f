import * as pulumi from '@pulumi/pulumi';
import { variablesIn } from '../core/environment.js';
import { shellAssignments } from '../core/shell.js';
import { sourceOf, storageOf } from '../core/storage.js';
import { directUrl } from '../core/urls.js';
import { inspect, inspectContainer } from '../docker/inspect.js';
import { ofStackFile } from './origin.js';
import { isOfServer, readOwnState } from './state.js';
const variablesOf = ({ host, webui }) => ({
    ...(webui.url !== directUrl(webui, host) && { WEBUI_URL: webui.url }),
    ...webui.env,
    ...webui.secretEnv,
});
const fromList = (env) => Object.fromEntries((env ?? []).map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
async function present(docker, container) {
    const found = await inspectContainer(docker, container);
    if (!found)
        return {};
    const [image] = await inspect(docker, 'image', [found.Image]);
    const builtIn = new Set(image?.Config.Env ?? []);
    return {
        ...fromList((found.Config.Env ?? []).filter((line) => !builtIn.has(line))),
        ...Object.fromEntries(variablesIn(found.Config.Entrypoint ?? [])),
    };
}
async function secretFiles({ deployment }) {
    const own = (await readOwnState()).filter(({ urn }) => isOfServer(urn, deployment, 'webui'));
    const uploads = own.flatMap(({ outputs }) => outputs['uploads'] ?? []);
    return uploads.map(({ content }) => `\n${content}`).join('');
}
export function tooLate(wanted, was, files, decided) {
    const isThere = (name, value) => was[name] === value || files.includes(`\n${shellAssignments({ [name]: value })}`);
    return decided.filter((name) => {
        const value = wanted[name];
        if (name === 'ENABLE_SIGNUP')
            return false;
        return value === undefined ? was[name] !== undefined || files.includes(`\n${name}='`) : !isThere(name, value);
    });
}
export async function warnOfPanel(docker, settings, found, subject = ofStackFile()) {
    const { configuration, secretEnv } = settings.webui;
    const data = storageOf(settings.webui);
    const server = found.find(({ kind, role, volumes }) => kind === 'container' && volumes.includes(sourceOf(data)) && (role ?? 'server') === 'server');
    const hasStarted = 'folder' in data ? server !== undefined : found.some(({ kind, name }) => kind === 'volume' && name === data.volume);
    if (configuration !== 'page' || !hasStarted)
        return;
    const { PANEL_VARIABLES } = await import('../core/webuiVariables.js');
    const wanted = variablesOf(settings);
    const isSecret = PANEL_VARIABLES.some((name) => Object.hasOwn(secretEnv, name));
    const names = await Promise.all([server ? present(docker, server.name) : {}, isSecret ? secretFiles(subject) : ''])
        .then(([was, files]) => tooLate(wanted, was, files, PANEL_VARIABLES))
        .catch(() => []);
    if (names.length === 0)
        return;
    await pulumi.log.warn(`The admin panel has controlled ${names.join(', ')} since the first start: the change of ${subject.shows} has no effect. Change it in the admin panel, or set webui.configuration: file.`);
}
