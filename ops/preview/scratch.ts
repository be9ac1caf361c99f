/** A state that is thrown away, to preview a stack where its own state cannot be had: in a fork, or before its first deployment. */

import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse, stringify } from 'yaml';
import { projectName } from '../../settings/file.ts';
import { HIDDEN_KEY, SCRATCH_KEY, settingsOf } from '../../settings/keys.ts';
import { encryptedPaths, isEncrypted, pathText } from '../../settings/opaque.ts';
import { run } from '../../system/exec.mjs';
import { pulumiOn, type Workspace } from '../pulumi.ts';

export interface Scratch {
  env: NodeJS.ProcessEnv;
  /** The stack's configuration, readable without its passphrase or key. */
  configFile: string;
  /** Settings of the stack file that are encrypted; the configuration has other secrets in their place. */
  hidden: string[];
  remove(): void;
}

/** What ties a stack file to the state for which it was written. */
const BINDINGS = ['encryptionsalt', 'encryptedkey', 'secretsprovider'];

/** A configuration without its encrypted values. */
function bare(value: unknown): unknown {
  if (isEncrypted(value)) return undefined;
  if (typeof value !== 'object' || value === null) return value;
  // An entry of a list keeps its place.
  if (Array.isArray(value)) return value.map((one) => bare(one) ?? '');
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, bare(one)]));
}

/** Takes the encrypted values out of a configuration; returns where they were, as `pulumi config set --path` writes it. */
export const withoutEncrypted = (config: unknown): { value: unknown; hidden: string[] } => ({
  value: bare(config),
  hidden: encryptedPaths(config).map(pathText),
});

/** Creates a new state with one empty stack in it, in a folder of its own. */
export async function createScratch({ root, env: outer, stack }: Workspace): Promise<Scratch> {
  const dir = mkdtempSync(join(tmpdir(), 'open-webui-preview-'));
  const remove = () => rmSync(dir, { recursive: true, force: true });
  try {
    const name = `Pulumi.${stack}.yaml`;
    const { config: given, ...rest } = parse(readFileSync(join(root, name), 'utf8')) ?? {};
    const config = (given ?? {}) as Record<string, unknown>;
    const { value, hidden } = withoutEncrypted(config);
    // The program must not judge a placeholder.
    const opaque = encryptedPaths(settingsOf({ project: projectName(root), stack }, config));
    const own = { [SCRATCH_KEY]: 'true', [HIDDEN_KEY]: JSON.stringify(opaque) };
    for (const key of BINDINGS) delete rest[key];
    copyFileSync(join(root, 'Pulumi.yaml'), join(dir, 'Pulumi.yaml'));
    writeFileSync(join(dir, name), stringify({ ...rest, config: { ...(value as object), ...own } }));
    const { PULUMI_CONFIG_PASSPHRASE_FILE: _, ...others } = outer;
    const env: NodeJS.ProcessEnv = {
      ...others,
      PULUMI_BACKEND_URL: pathToFileURL(dir).href,
      PULUMI_CONFIG_PASSPHRASE: 'protects nothing: this state holds no real secret',
    };
    const pulumi = pulumiOn({ root: dir, env, stack });
    await run('pulumi', ['stack', 'init', stack, '--no-select', '--non-interactive'], { cwd: dir, env });
    for (const path of hidden) await pulumi.run(['config', 'set', '--secret', '--path', path], { input: 'hidden' });
    return { env, configFile: join(dir, name), hidden, remove };
  } catch (error) {
    remove();
    throw error;
  }
}
