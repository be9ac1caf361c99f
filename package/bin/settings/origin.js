export const NEW_SESSION_KEY = 'npm run rotate -- --secret session replaces it with a generated one';
export const checkoutCommands = (options) => {
    const npm = (name) => `npm run ${name} -- ${options}`;
    return {
        ...{ up: npm('up'), refresh: npm('up'), down: npm('down'), verify: npm('verify'), backup: npm('backup') },
        restore: (file) => `${npm('restore')} --from ${file}`,
        ...{ restoreKept: `${npm('restore')} --back`, forgetKept: `${npm('restore')} --forget` },
        ...{ moveDatabase: npm('move-database'), moveFiles: npm('move-files'), image: 'npm run setup builds it' },
        newSessionKey: NEW_SESSION_KEY,
    };
};
const inShell = (text) => (/^[\w.:/-]+$/.test(text) ? text : `'${text}'`);
export const stackFile = (project, stack) => ({
    owner: project,
    file: `Pulumi.${stack}.yaml`,
    called: ['setting', 'settings'],
    shows: 'the stack file',
    kept: 'an encrypted value',
    secret: (setting) => `remove it from the file and set it with pulumi config set --secret --path ${inShell(`${project}:${setting}`)}`,
    plain: (setting) => `set it with pulumi config set --plaintext --path ${inShell(`${project}:${setting}`)}`,
    commands: checkoutCommands(`--stack ${stack}`),
});
