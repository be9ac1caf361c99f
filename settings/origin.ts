/** What people run, each as it stands in a sentence. */
export interface Commands {
  up: string;
  /** Brings what Pulumi has noted up to date. */
  refresh: string;
  down: string;
  verify: string;
  backup: string;
  /** Brings back what a backup has. */
  restore: (file: string) => string;
  /** Brings back what the last restore has kept, and removes it. */
  restoreKept: string;
  forgetKept: string;
  /** Takes data from SQLite along to Postgres; undefined where there is no such command. */
  moveDatabase?: string;
  /** Takes uploaded files along to a bucket, or back; undefined where there is no such command. */
  moveFiles?: string;
  /** Replaces a given session key with a generated one. */
  newSessionKey: string;
  /** What to do about an image that no registry has. */
  image: string;
}

/** In a checkout of this project. */
export const NEW_SESSION_KEY = 'npm run rotate -- --secret session replaces it with a generated one';

/** Commands of a checkout of this project. @param options which stack, as options of each. */
export const checkoutCommands = (options: string): Commands => {
  const npm = (name: string) => `npm run ${name} -- ${options}`;
  return {
    ...{ up: npm('up'), refresh: npm('up'), down: npm('down'), verify: npm('verify'), backup: npm('backup') },
    restore: (file) => `${npm('restore')} --from ${file}`,
    ...{ restoreKept: `${npm('restore')} --back`, forgetKept: `${npm('restore')} --forget` },
    ...{ moveDatabase: npm('move-database'), moveFiles: npm('move-files'), image: 'npm run setup builds it' },
    newSessionKey: NEW_SESSION_KEY,
  };
};

/** Where settings come from, for the words of errors. */
export interface Origin {
  /** What they belong to, before their paths: the project of a stack file, or a component by its name. */
  owner: string;
  /** What they are written in. */
  file: string;
  /** What one of them, or several, are called. */
  called: readonly [one: string, several: string];
  /** What a value in plain text would show in, beside what shows it anyway. */
  shows: string;
  /** What is allowed where a value has to be kept. */
  kept: string;
  /** How to give one of them as a secret. */
  secret: (setting: string) => string;
  /** How to give one of them in clear. */
  plain: (setting: string) => string;
  /** What people run. */
  commands: Commands;
}

/** An argument as a shell takes it: what is not plain in quotes. */
const inShell = (text: string): string => (/^[\w.:/-]+$/.test(text) ? text : `'${text}'`);

/** A stack file. */
export const stackFile = (project: string, stack: string): Origin => ({
  owner: project,
  file: `Pulumi.${stack}.yaml`,
  called: ['setting', 'settings'],
  shows: 'the stack file',
  kept: 'an encrypted value',
  secret: (setting) =>
    `remove it from the file and set it with pulumi config set --secret --path ${inShell(`${project}:${setting}`)}`,
  plain: (setting) => `set it with pulumi config set --plaintext --path ${inShell(`${project}:${setting}`)}`,
  commands: checkoutCommands(`--stack ${stack}`),
});
