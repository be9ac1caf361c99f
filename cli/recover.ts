/** Cleans up after a `pulumi up` or `pulumi destroy` that was killed, so that the next one can finish its job. */

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../core/errors.mjs';
import { filtersOf, OPERATION_LABEL, type Operation, type Owner } from '../core/labels.ts';
import { CONTAINER, NETWORK } from '../core/resourceTypes.ts';
import type { Docker } from '../docker/client.ts';
import { inspect } from '../docker/inspect.ts';
import { pulumiOn, type Workspace } from '../ops/pulumi.ts';
import type { Progress } from '../system/console.mjs';
import { type Noted, requireEngines } from './engines.ts';
import { type Holder, lives, thisProcess, underWay } from './exclusive.ts';
import { forget } from './fingerprint.ts';
import { stateFolder } from './paths.ts';
import { isLocked, release, requireUnlocked } from './pulumiLock.ts';

/** A stack with its engine. */
export interface Target extends Workspace {
  owner: Owner;
  docker: Docker;
  /** Whether its state is in this checkout. */
  embedded: boolean;
  /** Address of the backend that has its state. */
  backend: string;
}

/** Exists while an update is in progress; where its process is gone, that update was killed. */
const marker = (root: string, stack: string) => join(stateFolder(root), `updating-${stack}`);

/** What a marker says. */
interface Marker {
  /** Ids of what the engine had of the stack before the update. */
  before: string[];
  /** Who runs the update; undefined in a marker of an earlier release. */
  holder?: Holder;
  backend?: string;
}

/** The marker of a stack; undefined where there is none, or it is of a stack of that name in another backend. */
function readMarker({ root, stack, backend }: Target): Marker | undefined {
  const file = marker(root, stack);
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, 'utf8');
  const read = (text ? JSON.parse(text) : []) as Marker | string[];
  const found: Marker = Array.isArray(read) ? { before: read } : read;
  return found.backend === undefined || found.backend === backend ? found : undefined;
}

/** Whether an earlier update or restore has left its marker: it was killed, unless {@link requireIdle} refuses. */
export const isInterrupted = (root: string, stack: string): boolean => existsSync(marker(root, stack));

/**
 * Refuses a stack that another process is at work on, on this machine or any other. Call it before anything is touched.
 *
 * An update counts as killed when its process is gone; one that was started on another machine, when Pulumi's lock is gone.
 *
 * @throws UserError with who is at it, and since when.
 */
export async function requireIdle(target: Target): Promise<void> {
  const found = readMarker(target);
  if (found?.holder && found.holder.pid !== process.pid && lives(found.holder))
    throw underWay(target.stack, found.holder, found.holder.command);
  await requireUnlocked(target, { ask: found !== undefined });
  // The helper of one that was killed here may take a moment to end.
  if (!found) for (const operation of CHANGING) await requireNone(operation, target);
}

/** What replaces the data of a stack. */
const CHANGING: readonly Operation[] = ['restore', 'move'];

/** A restore or a move holds Pulumi's lock only while it runs Pulumi; its helper is there all the time, for every machine to see. */
async function requireNone(operation: Operation, { docker, owner, stack }: Target): Promise<void> {
  const filters = [...filtersOf(owner, 'archive'), '--filter', `label=${OPERATION_LABEL}=${operation}`];
  const [helper] = (await docker.run(['ps', '--format', '{{.Names}}, since {{.CreatedAt}}', ...filters])).split('\n');
  if (!helper) return;
  throw new UserError(
    `The stack ${stack} is being changed: a ${operation} works in the container ${helper}. Nothing was touched here.`,
    'wait until that has ended, and try again',
  );
}

/** How each kind of object is listed, removed, and typed in Pulumi's state. Volumes are adopted by the next update as they are. */
const KINDS = [
  { kind: 'container', type: CONTAINER, list: ['ps', '--all'], remove: ['rm', '--force'] },
  { kind: 'network', type: NETWORK, list: ['network', 'ls'], remove: ['network', 'rm'] },
] as const;

interface Labelled {
  id: string;
  remove: readonly string[];
}

const idsOf = async (docker: Docker, list: readonly string[], filters: readonly string[] = []): Promise<string[]> =>
  (await docker.run([...list, '--quiet', '--no-trunc', ...filters])).split('\n').filter(Boolean);

/** Containers and networks that carry the labels of a stack. */
async function labelled({ docker, owner }: Target): Promise<Labelled[]> {
  const ask = async ({ list, remove }: (typeof KINDS)[number]) =>
    (await idsOf(docker, list, filtersOf(owner))).map((id) => ({ id, remove }));
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
  const { root, stack, backend } = target;
  mkdirSync(stateFolder(root), { recursive: true, mode: 0o700 });
  const file = marker(root, stack);
  const earlier = readMarker(target);
  // What a killed update has made is still not what existed before.
  const before = earlier?.before ?? (await labelled(target)).map(({ id }) => id);
  writeFileSync(file, JSON.stringify({ before, holder: thisProcess(), backend } satisfies Marker));
  forget(root, stack);
  const unmark = () => (earlier ? writeFileSync(file, JSON.stringify(earlier)) : rmSync(file, { force: true }));
  const result = await update().catch((error: unknown) => {
    if (!keepOnError) unmark();
    throw error;
  });
  if (isFinished(result)) rmSync(file, { force: true });
  // Pulumi refused to begin: what is half done now is another's.
  else if (await isLocked(target)) unmark();
  return result;
}

/** What `pulumi stack export` writes, as far as it is read. */
interface Exported {
  deployment?: {
    resources?: (Noted & { id?: string })[];
    pending_operations?: { type: string; resource: { type: string; inputs: { name?: string } } }[];
  };
}

type Pending = NonNullable<NonNullable<Exported['deployment']>['pending_operations']>[number];

/** Removes a half-created object from the engine, if it is this stack's own and Pulumi does not know it. */
async function discard(
  { type, inputs }: Pending['resource'],
  { docker }: Target,
  unknown: ReadonlySet<string>,
): Promise<void> {
  const found = KINDS.find((one) => one.type === type);
  if (!found || !inputs.name) return;
  const [object] = await inspect(docker, found.kind, [inputs.name]);
  if (object && unknown.has(object.Id)) await docker.run([...found.remove, object.Id]);
}

/** Makes Pulumi's state and the engine agree again after a killed update; returns what was done, or undefined. */
export async function recover(target: Target, progress: Progress): Promise<string | undefined> {
  const marked = readMarker(target);
  if (!marked && (await requireUnlocked(target)).length === 0) return undefined;
  progress('an earlier run did not finish: comparing its state with the engine');
  const pulumi = pulumiOn(target);
  // In this order: what was on the engine before the lock was seen to be free, and is not in a state read after that, belongs to no update.
  const seen = await labelled(target);
  await release(target, await requireUnlocked(target, { ask: true }), target.embedded || marked !== undefined);
  const { resources = [], pending_operations: pending = [] } =
    (JSON.parse(await pulumi.run(['stack', 'export'])) as Exported).deployment ?? {};
  await requireEngines(target, { resources });
  const known = new Set(resources.flatMap(({ id }) => id ?? []));
  const unknown = new Set(seen.flatMap(({ id }) => (known.has(id) ? [] : [id])));
  for (const { type, resource } of pending) if (type === 'creating') await discard(resource, target, unknown);
  const discarded = marked ? await discardUnknown(target, seen, unknown, new Set(marked.before)) : 0;
  // Under Pulumi's lock, and from what the state is then.
  await pulumi.run(['refresh', '--yes', '--skip-preview', '--clear-pending-creates']);
  return `an earlier run did not finish; ${pending.length + discarded} unfinished operations cleared`;
}

/**
 * Removes what the killed update has created and Pulumi does not know, not even as pending: its plugin died before it could report it.
 * What existed before that update may be another state's, and stays.
 */
async function discardUnknown(
  { docker }: Target,
  seen: readonly Labelled[],
  unknown: ReadonlySet<string>,
  before: ReadonlySet<string>,
): Promise<number> {
  const present = new Set((await Promise.all(KINDS.map(({ list }) => idsOf(docker, list)))).flat());
  const left = seen.filter(({ id }) => unknown.has(id) && !before.has(id) && present.has(id));
  for (const { id, remove } of left) await docker.run([...remove, id]);
  return left.length;
}
