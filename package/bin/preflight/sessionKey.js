import * as pulumi from '@pulumi/pulumi';
import { shellAssignments } from '../core/shell.js';
import { ofStackFile } from './origin.js';
import { isOfServer, isPartOf, readOwnState } from './state.js';
const KEY = 'WEBUI_SECRET_KEY';
export function changesKey(files, given, generated) {
    const key = given ?? generated;
    const present = files.filter((text) => `\n${text}`.includes(`\n${KEY}='`));
    return (key !== undefined &&
        present.length > 0 &&
        !present.some((text) => `\n${text}`.includes(`\n${shellAssignments({ [KEY]: key })}`)));
}
export async function warnOfSessionKey(given, { deployment } = ofStackFile()) {
    if (given === undefined && !pulumi.runtime.isDryRun())
        return;
    const resources = await readOwnState().catch(() => []);
    const files = resources
        .filter(({ urn }) => isOfServer(urn, deployment, 'webui'))
        .flatMap(({ outputs }) => (outputs['uploads'] ?? []));
    const generated = resources.find(({ urn }) => isPartOf(urn, deployment, 'secrets-session-key'))?.outputs['result'];
    if (!changesKey(files.map(({ content }) => String(content)), given, typeof generated === 'string' ? generated : undefined))
        return;
    await pulumi.log.warn('The session key changes: everyone is signed out, and what the web UI encrypted with the old key (OAuth sessions, valves) is lost.' +
        ' To keep it: leave webui.sessionKey as it was.');
}
