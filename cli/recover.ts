/** Cleans up after a `pulumi up` or `pulumi destroy` that was killed, so that the next one can finish its job. */

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { belongsTo, filtersOf, type Owner } from '../core/labels.ts';
import { CONTAINER, NETWORK } from '../core/resourceTypes.ts';
import type { Docker } from '../docker/client.ts';
import { inspect } from '../docker/inspect.ts';
import { pulumiOn, type Workspace } from '../ops/pulumi.ts';
import { alive } from '../system/cache.mjs';
import type { Progress } from '../system/console.mjs';
import { forget } from './fingerprint.ts';
import { stateFolder } from './paths.ts';

/** A stack with its engine. */
export interface Target extends Workspace {
  owner: Owner;
  docker: Docker;
  /** Whether its state is in this checkout. */
  embedded: boolean;
}

/** Exists while an update is under way; where it is found before one, an earlier update was killed. */
const marker = (root: string, stack: string) => join(stateFolder(root), `updating-${stack}`);

/** Whether an earlier update or restore was killed. */
export const isInterrupted = (root: string, stack: string): boolean => existsSync(marker(root, stack));

/** How each kind of object is listed, removed, and typed in Pulumi's state. Volumes are adopted by the next update as they are. */
const KINDS = [
  { kind: 'container', type: CONTAINER, list: ['ps', '--all'], remove: ['rm', '--force'] },
  { kind: 'network', type: NETWORK, list: ['network', 'ls'], remove: ['network', 'rm'] },
] as const;

interface Labelled {
  id: string;
  remove: readonly string[];
}

/** Containers and networks that carry the labels of a stack. */
async function labelled({ docker, owner }: Target): Promise<Labelled[]> {
  const ask = async ({ list, remove }: (typeof KINDS)[number]) => {
    const ids = await docker.run([...list, '--quiet', '--no-trunc', ...filtersOf(owner)]);
    return ids
      .split('\n')
      .filter(Boolean)
      .map((id) => ({ id, remove }));
  };
  return (await Promise.all(KINDS.map(ask))).flat();
}

interface Marking<Result> {
  /** Whether nothing is left half done, by the result. Default: the exit code is 0. */
  isFinished?: (result: Result) => boolean;
  /** Whether an error leaves something half done. Default: true */
  keepOnError?: boolean;
}

/** Runs an update between setting and removing the marker, which lists what existed before. */
export async function withMarker<Result>(
  target: Target,
  update: () => Promise<Result>,
  { isFinished = (result) => (result as unknown) === 0, keepOnError = true }: Marking<Result> = {},
): Promise<Result> {
  const { root, stack } = target;
  mkdirSync(stateFolder(root), { recursive: true, mode: 0o700 });
  const before = (await labelled(target)).map(({ id }) => id);
  writeFileSync(marker(root, stack), JSON.stringify(before));
  forget(root, stack);
  const unmark = () => rmSync(marker(root, stack), { force: true });
  const result = await update().catch((error: unknown) => {
    if (!keepOnError) unmark();
    throw error;
  });
  if (isFinished(result)) unmark();
  return result;
}

/** Removes the locks that killed processes of this machine have left behind; returns how many. */
function unlock(root: string, stack: string): number {
  const dir = join(stateFolder(root), '.pulumi', 'locks');
  if (!existsSync(dir)) return 0;
  let removed = 0;
  for (const path of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.json') || !path.split(/[\\/]/).includes(stack)) continue;
    const file = join(dir, path);
    const lock = JSON.parse(readFileSync(file, 'utf8')) as { hostname: string; pid: number };
    if (lock.hostname === hostname() && !alive(lock.pid)) {
      rmSync(file);
      removed++;
    }
  }
  return removed;
}

/** What `pulumi stack export` writes, as far as it is read. */
interface Exported {
  deployment?: {
    resources?: { id?: string }[];
    pending_operations?: { type: string; resource: { type: string; inputs: { name?: string } } }[];
  };
}

type Pending = NonNullable<NonNullable<Exported['deployment']>['pending_operations']>[number];

/** Removes a half-created object from the engine, if it is this stack's own and Pulumi does not know it. */
async function discard(
  { type, inputs }: Pending['resource'],
  { docker, owner }: Target,
  known: ReadonlySet<string>,
): Promise<void> {
  const found = KINDS.find((one) => one.type === type);
  if (!found || !inputs.name) return;
  const [object] = await inspect(docker, found.kind, [inputs.name]);
  if (!object || known.has(object.Id)) return;
  const labels = 'Config' in object ? object.Config.Labels : object.Labels;
  if (belongsTo(labels, owner)) await docker.run([...found.remove, object.Id]);
}

/**
 * Removes what the killed update has created and Pulumi does not know, not even as pending: its plugin died before it could report it.
 * What existed before that update may be another state's, and stays.
 */
async function discardUnknown(target: Target, known: ReadonlySet<string>): Promise<number> {
  const file = marker(target.root, target.stack);
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  if (text === '') return 0;
  const before = new Set(JSON.parse(text) as string[]);
  const unknown = (await labelled(target)).filter(({ id }) => !known.has(id) && !before.has(id));
  for (const { id, remove } of unknown) await target.docker.run([...remove, id]);
  return unknown.length;
}

/** Makes Pulumi's state and the engine agree again after a killed update; returns what was done, or undefined. */
export async function recover(target: Target, progress: Progress): Promise<string | undefined> {
  const { root, stack } = target;
  const locks = target.embedded ? unlock(root, stack) : 0;
  if (locks === 0 && !isInterrupted(root, stack)) return undefined;
  progress('an earlier run did not come to its end: comparing its state with the engine');
  const pulumi = pulumiOn(target);
  const exported = JSON.parse(await pulumi.run(['stack', 'export'])) as Exported;
  const { resources = [], pending_operations: pending = [] } = exported.deployment ?? {};
  const known = new Set(resources.flatMap(({ id }) => id ?? []));
  if (pending.length > 0) {
    for (const { type, resource } of pending) {
      if (type === 'creating') await discard(resource, target, known);
    }
    delete exported.deployment?.pending_operations;
    await pulumi.run(['stack', 'import'], { input: JSON.stringify(exported) });
  }
  const discarded = await discardUnknown(target, known);
  await pulumi.run(['refresh', '--yes', '--skip-preview']);
  return `an earlier run did not come to its end; ${pending.length + discarded} half-done operations cleared`;
}
