import { namesOfDeployment } from '../core/names.js';
import { isHidden } from '../settings/opaque.js';
import { parse } from '../settings/parse.js';
import { isVariable } from '../settings/problems.js';
import { rowsOf } from '../settings/reference.js';
import { schemaFor } from '../settings/schema.js';
import { FORMS, SECRET_ENV } from './forms.js';
const isGroup = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const PLACEHOLDER = '(not known yet)';
export const inputsOf = (deployment) => ({
    owner: deployment,
    file: 'the program',
    called: ['input', 'inputs'],
    shows: 'the program',
    kept: 'a secret',
    secret: (setting) => isVariable(setting.split('.'))
        ? `move it to ${SECRET_ENV.section}.${SECRET_ENV.name}, or pass a secret`
        : 'pass a secret',
    plain: () => 'pass it in clear',
    commands: {
        ...{ up: 'pulumi up', refresh: 'pulumi refresh', down: 'pulumi destroy' },
        ...{ verify: 'verify (docs/library.md)', backup: 'make a backup, as docs/library.md says' },
        restore: (file) => `bring back ${file}, as docs/library.md says`,
        ...{ restoreKept: 'restore --back (docs/library.md)', forgetKept: 'restore --forget (docs/library.md)' },
        image: 'docker load puts it there',
        newSessionKey: 'leave it out, and a generated one takes its place (not while users have a second factor, which it encrypts)',
    },
});
const changed = (values, [key = '', ...rest], change) => {
    if (!Object.hasOwn(values, key))
        return values;
    const inner = values[key];
    if (rest.length === 0)
        return { ...values, [key]: change(inner) };
    return isGroup(inner) ? { ...values, [key]: changed(inner, rest, change) } : values;
};
function put(values, [key = '', ...rest], value) {
    if (rest.length === 0)
        values[key] = value;
    else {
        const inner = values[key];
        const group = isGroup(inner) ? { ...inner } : {};
        values[key] = group;
        put(group, rest, value);
    }
}
const inSettings = (path) => path[0] === SECRET_ENV.section && path[1] === SECRET_ENV.name
    ? [SECRET_ENV.section, SECRET_ENV.beside, ...path.slice(2)]
    : path;
function settingsOf(values) {
    let given = { ...values };
    for (const { path, toSetting } of FORMS)
        given = changed(given, path.split('.'), toSetting);
    const { [SECRET_ENV.section]: section } = given;
    if (!isGroup(section))
        return given;
    const { [SECRET_ENV.name]: kept, ...rest } = section;
    if (!isGroup(kept))
        return given;
    const others = rest[SECRET_ENV.beside];
    return {
        ...given,
        [SECRET_ENV.section]: { ...rest, [SECRET_ENV.beside]: { ...(isGroup(others) ? others : {}), ...kept } },
    };
}
const alwaysSecret = (stack) => rowsOf(schemaFor(stack)).flatMap((row) => (row.secret ? [row.path.split('.')] : []));
const passwordsIn = ({ registries }) => isGroup(registries) ? Object.keys(registries).map((address) => ['registries', address, 'password']) : [];
const variablesIn = (values, group) => {
    const section = values[SECRET_ENV.section];
    const variables = isGroup(section) ? section[group] : undefined;
    return isGroup(variables) ? Object.keys(variables).map((name) => [SECRET_ENV.section, SECRET_ENV.beside, name]) : [];
};
export function readInputs({ values, unknown, secret }, { deployment, project, stack }) {
    const hidden = unknown.map(({ path }) => inSettings(path));
    const given = settingsOf(values);
    for (const path of hidden.filter(isVariable))
        put(given, path, PLACEHOLDER);
    const expected = [...alwaysSecret(stack), ...passwordsIn(values), ...variablesIn(values, SECRET_ENV.name)];
    const kept = [...expected, ...secret.map(inSettings)];
    const unexpected = secret.map(inSettings).filter((path) => !isVariable(path) && !isHidden(expected, path));
    return parse({
        ...{ project, stack, given, hidden, encrypted: kept },
        origin: inputsOf(deployment),
        names: namesOfDeployment(deployment, stack),
        isSecret: (section) => unexpected.some(([first]) => first === section),
    });
}
