import * as pulumi from '@pulumi/pulumi';
import type { Owner } from '../core/labels.ts';
import type { Docker } from '../docker/client.ts';
import { type Found, inventory } from '../docker/inventory.ts';
import { resolved } from '../platform/output.ts';
import { ALONE, type Refusal, refusalsFor, type Sharing } from './neighbours.ts';
import { ofStackFile, type Subject } from './origin.ts';
import { readOwnState } from './state.ts';

/** A name on the engine that a stack wants for itself. */
export interface Claim {
  kind: Found['kind'];
  name: string;
  /** Whether one that exists is taken over with what it holds. Only for volumes: the provider can adopt nothing else. Default: false. */
  adopt?: boolean;
  /** Of a volume with data, which no other container may write to: the setting that names it. */
  setting?: string;
  /** What to do when it is in use, in words that follow "to do:". */
  toDo: string;
}

/** What of the engine this deployment has by the state of its stack, as "kind name". */
async function inState({ owns }: Subject): Promise<Set<string>> {
  return new Set(
    (await readOwnState()).flatMap(({ urn, type, outputs: { name } }) => {
      if (!owns(urn)) return [];
      const kind = /:index\/(container|network|volume):/.exec(type)?.[1];
      return kind ? [`${kind} ${name}`] : [];
    }),
  );
}

/** A reason why an object may not be this stack's to use. */
interface Conflict {
  claim: Claim;
  why: string;
  toDo: string;
  /** Whether it holds only for what this stack has not created itself, which its state knows. */
  doubtful?: boolean;
}

/** Why an object cannot be used; undefined when it can. */
function conflictOf(claim: Claim, object: Found, mine: Owner): Conflict | undefined {
  const { kind, owner } = object;
  const { toDo } = claim;
  const isMine = owner?.project === mine.project && owner.stack === mine.stack;
  const why = owner ? `of ${owner.project}/${owner.stack}` : 'which this program did not create';
  // One that a destroyed stack has kept is found again by its labels; one that was adopted need not have any.
  const taken = kind === 'volume' && (claim.adopt || isMine);
  if (!taken && !isMine) return { claim, why, toDo, doubtful: kind === 'volume' && owner === undefined };
  return kind === 'volume' ? undefined : { claim, why: `${why}, in another checkout or state`, toDo, doubtful: true };
}

/** Whether nothing had this stack's labels when its state began: what has them since is its own. Saves reading the state. */
async function startedClean(free: boolean, { nameOf, opts }: Subject): Promise<boolean> {
  // Keeps its first value.
  const stash = new pulumi.Stash(
    nameOf('names'),
    { input: free ? 'free' : 'unknown' },
    { ...opts, ignoreChanges: ['input'] },
  );
  return (await resolved(stash.output as pulumi.Output<string>)) === 'free';
}

/** Runs a function at its first call only. */
function once<Result>(run: () => Result): () => Result {
  let result: { value: Result } | undefined;
  return () => {
    result ??= { value: run() };
    return result.value;
  };
}

interface Looked {
  claims: readonly Claim[];
  objects: readonly Found[];
  isMine: (object: Found) => boolean;
  /** What the state has. */
  known: () => Promise<Set<string>>;
  docker: Docker;
  sharing: Sharing;
  replaced: readonly string[];
  scratch: boolean;
}

/** Why what this stack has for itself would be shared with containers of others. */
async function shares({
  claims,
  objects,
  isMine,
  known,
  docker,
  sharing,
  replaced,
  scratch,
}: Looked): Promise<Refusal[]> {
  const isClaimed = ({ kind, name }: Found) => claims.some((claim) => claim.kind === kind && claim.name === name);
  const unclaimed = objects.filter((one) => one.kind !== 'volume' && isMine(one) && !isClaimed(one));
  // What has our labels and another name may be what an update is about to remove, or a copy.
  const others = unclaimed.filter(({ role, service }) => role !== 'archive' && service === undefined);
  const ours = others.length > 0 && !scratch ? await known() : undefined;
  const isOurs = (one: Found) => ours?.has(`${one.kind} ${one.name}`) ?? true;
  return refusalsFor(docker, {
    ...{ objects, sharing },
    isOwn: (one) =>
      isClaimed(one) ||
      // Tasks come and go, and no state knows them.
      (isMine(one) && one.service !== undefined) ||
      (unclaimed.includes(one) && (one.role === 'archive' || isOurs(one))),
    data: new Map([
      ...claims.flatMap(({ kind, name, setting }) => (kind === 'volume' && setting ? [[name, setting] as const] : [])),
      ...sharing.folders,
    ]),
    leaving: scratch
      ? []
      : [...replaced, ...others.filter((one) => one.kind === 'network' && isOurs(one)).map(({ name }) => name)],
  });
}

/**
 * Looks for name conflicts on the engine: Docker would give a volume of that name to both, and refuse a container when the rest exists. Call
 * it before anything is registered, so that a preview reports it too and nothing is created in vain. Warns when it cannot look.
 *
 * @param sharing what no container of others may answer to. Default: nothing.
 * @param replaced claimed networks that the update replaces. Default: none.
 * @param scratch whether the state exists for one preview only, and so knows nothing of what there is.
 * @returns what the engine has of this stack, also by earlier names; nothing when it could not look.
 * @throws pulumi.RunError with every name that is in use, by what, and what to do.
 */
export async function requireNames(
  claims: readonly Claim[],
  docker: Docker,
  {
    scratch = false,
    sharing = ALONE,
    replaced = [],
    subject = ofStackFile(),
  }: { scratch?: boolean; sharing?: Sharing; replaced?: readonly string[]; subject?: Subject } = {},
): Promise<Found[]> {
  const mine: Owner = { project: pulumi.getProject(), stack: pulumi.getStack() };
  const isMine = ({ owner }: Found) => owner?.project === mine.project && owner.stack === mine.stack;
  const objects = await inventory(docker).catch((error: Error) => error);
  if (objects instanceof Error) {
    await startedClean(false, subject);
    await pulumi.log.warn(`Could not check for name conflicts: ${objects.message}.`);
    return [];
  }
  const present = claims.flatMap((claim) =>
    objects.filter(({ kind, name }) => kind === claim.kind && name === claim.name).map((object) => ({ claim, object })),
  );
  const conflicts = present
    .flatMap<Conflict>(({ claim, object }) => conflictOf(claim, object, mine) ?? [])
    .filter(({ doubtful }) => !doubtful || !scratch);
  const labelled = present.some(({ object }) => object.kind !== 'volume' && isMine(object));
  // A certain refusal leaves no note in the state either.
  const known = once(() => inState(subject));
  const shared = await shares({ claims, objects, isMine, known, docker, sharing, replaced, scratch });
  const certain = shared.length > 0 || conflicts.some(({ doubtful }) => !doubtful);
  const clean = !certain && (await startedClean(!labelled, subject));
  const open = conflicts.filter(({ claim, doubtful }) => !doubtful || claim.kind === 'volume' || !clean);
  const ours = open.some(({ doubtful }) => doubtful) ? await known() : new Set<string>();
  const taken = open.filter(({ claim, doubtful }) => !doubtful || !ours.has(`${claim.kind} ${claim.name}`));
  if (taken.length + shared.length === 0)
    return objects.filter((one) => isMine(one) || present.some(({ object }) => object === one));
  throw new pulumi.RunError(
    `Some names of the stack ${mine.stack} are in use on this engine. Nothing was created or changed.\n${[
      ...taken.map(({ claim: { kind, name }, why, toDo }) => ({ what: `the ${kind} ${name}, ${why}`, toDo })),
      ...shared,
    ]
      .map(({ what, toDo }) => `  ${what}\n    to do: ${toDo}\n`)
      .join('')}`,
  );
}
