/** A state that is thrown away, to preview a stack where its own state cannot be had: in a fork, or before its first deployment. */

import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse, stringify } from 'yaml';
import { succeed } from '../command.ts';

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

const isEncrypted = (value: object): boolean => typeof (value as { secure?: unknown }).secure === 'string';

/** Takes the encrypted values out of a configuration; returns where they were, as `pulumi config set --path` writes it. */
export function withoutEncrypted(value: unknown, path = ''): { value: unknown; hidden: string[] } {
  if (typeof value !== 'object' || value === null) return { value, hidden: [] };
  if (isEncrypted(value)) return { value: undefined, hidden: [path] };
  const hidden: string[] = [];
  const inner = (one: unknown, at: string): unknown => {
    const rest = withoutEncrypted(one, at);
    hidden.push(...rest.hidden);
    // An entry of a list keeps its place.
    return rest.value;
  };
  const kept = Array.isArray(value)
    ? value.map((one, index) => inner(one, `${path}[${index}]`) ?? '')
    : Object.fromEntries(Object.entries(value).map(([key, one]) => [key, inner(one, path ? `${path}.${key}` : key)]));
  return { value: kept, hidden };
}

/** Makes a new state with one empty stack in it. Nothing of it is in the project's folder, which is the present one. */
export async function scratch(stack: string): Promise<Scratch> {
  const dir = mkdtempSync(join(tmpdir(), 'open-webui-preview-'));
  const remove = () => rmSync(dir, { recursive: true, force: true });
  try {
    const name = `Pulumi.${stack}.yaml`;
    const { config = {}, ...rest } = parse(readFileSync(name, 'utf8')) ?? {};
    const { value, hidden } = withoutEncrypted(config);
    for (const key of BINDINGS) delete rest[key];
    copyFileSync('Pulumi.yaml', join(dir, 'Pulumi.yaml'));
    writeFileSync(join(dir, name), stringify({ ...rest, config: value }));
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      PULUMI_BACKEND_URL: pathToFileURL(dir).href,
      PULUMI_CONFIG_PASSPHRASE: 'guards nothing: this state holds no secret of anybody',
      // This state knows nothing of what the stack has made.
      OPEN_WEBUI_STATE: 'scratch',
    };
    delete env['PULUMI_CONFIG_PASSPHRASE_FILE'];
    const pulumi = (args: string[], input?: string) => succeed('pulumi', args, input, { cwd: dir, env });
    await pulumi(['stack', 'init', stack, '--no-select', '--non-interactive']);
    for (const path of hidden) await pulumi(['config', 'set', '--secret', '--path', path, '--stack', stack], 'hidden');
    return { env, configFile: join(dir, name), hidden, remove };
  } catch (error) {
    remove();
    throw error;
  }
}
