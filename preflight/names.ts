import * as pulumi from '@pulumi/pulumi';
import { known } from './output.ts';
import type { Endpoint } from '../docker/client.ts';
import { type Found, inventory } from '../docker/inventory.ts';

/** A name on the engine that a stack wants for itself. */
export interface Claim {
  kind: Found['kind'];
  name: string;
  /** Whether somebody else's is taken over with what it holds. For volumes alone: the provider can take over nothing else. Default: false. */
  adopt?: boolean;
  /** What to do when somebody else has it, in words that follow "to do:". */
  toDo: string;
}

/** What of the engine the state of this stack knows to be its own, as "kind name". Takes a third of a second, most of it to decrypt. */
async function inState(): Promise<Set<string>> {
  const { outputs } = await pulumi.runtime.invoke('pulumi:pulumi:readStackResourceOutputs', {
    stackName: pulumi.getStack(),
  });
  const resources = Object.values(outputs as Record<string, { type: string; outputs: { name?: unknown } }>);
  return new Set(
    resources.flatMap(({ type, outputs: { name } }) => {
      const kind = /^docker:index\/(container|network|volume):/.exec(type)?.[1];
      return kind ? [`${kind} ${name}`] : [];
    }),
  );
}

/** A reason why an object may not be this stack's to use. */
interface Objection {
  claim: Claim;
  why: string;
  toDo: string;
  /** Whether it holds only for what this stack has not made itself, which its state knows. */
  doubtful?: boolean;
}

/** The container that runs on a volume, if it is none of the stack's: two servers on one volume destroy its data. */
function userOf(volume: Found, claims: readonly Claim[], objects: readonly Found[]): Found | undefined {
  const claimed = (name: string) => claims.some((claim) => claim.kind === 'container' && claim.name === name);
  return objects.find(({ name, runs, volumes }) => runs && volumes.includes(volume.name) && !claimed(name));
}

/** What speaks against the use of an object; undefined when nothing does. */
function objection(
  claim: Claim,
  object: Found,
  mine: string,
  claims: readonly Claim[],
  objects: readonly Found[],
): Objection | undefined {
  const { kind, owner } = object;
  const { toDo } = claim;
  const why = owner ? `of ${owner}` : 'which this program has not made';
  // One that a destroyed stack has left is found again by its labels; one that was taken over need not have any.
  const taken = kind === 'volume' && (claim.adopt || owner === mine);
  if (!taken && owner !== mine) return { claim, why, toDo, doubtful: kind === 'volume' && owner === undefined };
  if (kind !== 'volume') return { claim, why: `${why}, in another checkout or state`, toDo, doubtful: true };
  const user = userOf(object, claims, objects);
  if (!user) return undefined;
  const away = `docker stop ${user.name}, or choose another volume`;
  return { claim, why: `on which the container ${user.name} runs`, toDo: away, doubtful: true };
}

/** Whether nothing had this stack's labels when its state began: what has them since is its own. Saves it from reading the state. */
async function beganFree(free: boolean): Promise<boolean> {
  // Keeps its first value.
  const stash = new pulumi.Stash('names', { input: free ? 'free' : 'unknown' }, { ignoreChanges: ['input'] });
  return (await known(stash.output as pulumi.Output<string>)) === 'free';
}

/**
 * Looks at the engine for names that something else has: Docker would give a volume of that name to both, and refuse a container when
 * the rest has been made. To be awaited before anything is made, so that a preview says it too and nothing is made in vain. Where nobody
 * can look it says so, and goes on.
 *
 * @returns what the engine has of this stack, also by names that it had before; nothing when nobody could look.
 * @throws pulumi.RunError with every name that is taken, by whom, and what to do.
 */
export async function requireOwnership(claims: readonly Claim[], endpoint: Endpoint = {}): Promise<Found[]> {
  const mine = `${pulumi.getProject()}/${pulumi.getStack()}`;
  const objects = await inventory(endpoint).catch((error: Error) => error);
  if (objects instanceof Error) {
    await beganFree(false);
    await pulumi.log.warn(
      `Nobody has looked whether something else has the names of this stack on the engine: ${objects.message}.`,
    );
    return [];
  }
  const present = claims.flatMap((claim) =>
    objects.filter(({ kind, name }) => kind === claim.kind && name === claim.name).map((object) => ({ claim, object })),
  );
  // A state that was made for one preview knows nothing of what there is.
  const scratch = process.env['OPEN_WEBUI_STATE'] === 'scratch';
  const objections = present
    .flatMap<Objection>(({ claim, object }) => objection(claim, object, mine, claims, objects) ?? [])
    .filter(({ doubtful }) => !doubtful || !scratch);
  const labelled = present.some(({ object: { kind, owner } }) => kind !== 'volume' && owner === mine);
  // What is refused for certain leaves no note in the state either.
  const free = objections.every(({ doubtful }) => doubtful) && (await beganFree(!labelled));
  const open = objections.filter(({ claim, doubtful }) => !doubtful || claim.kind === 'volume' || !free);
  const ours = open.some(({ doubtful }) => doubtful) ? await inState() : new Set<string>();
  const taken = open.filter(({ claim, doubtful }) => !doubtful || !ours.has(`${claim.kind} ${claim.name}`));
  if (taken.length === 0)
    return objects.filter((one) => one.owner === mine || present.some(({ object }) => object === one));
  throw new pulumi.RunError(
    `Some names of the stack ${pulumi.getStack()} are in use on this engine. Nothing was created or changed.\n${taken
      .map(({ claim: { kind, name }, why, toDo }) => `  the ${kind} ${name}, ${why}\n    to do: ${toDo}\n`)
      .join('')}`,
  );
}
