import * as pulumi from '@pulumi/pulumi';
import { type Endpoint, type Found, inventory } from './platform/inventory.ts';

/** A name on the engine that a stack wants for itself. */
export interface Claim {
  kind: Found['kind'];
  name: string;
  /** Whether somebody else's is taken over with what it holds. For volumes alone: the provider can take over nothing else. Default: false. */
  adopt?: boolean;
  /** What to do when somebody else has it, in words that follow "to do:". */
  toDo: string;
}

/** What of the engine the state of this stack knows to be its own, as "kind name". */
async function known(): Promise<Set<string>> {
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

/** Why an object is not this stack's to use; undefined when it is. */
function objection(object: Found, claim: Claim, mine: string, isKnown: boolean): string | undefined {
  const { kind, owner } = object;
  if (kind === 'volume') {
    // One that a destroyed stack has left is found again by its labels, one that was taken over has none.
    if (claim.adopt || owner === mine || (owner === undefined && isKnown)) return undefined;
  } else if (owner === mine) {
    return isKnown || process.env['OPEN_WEBUI_STATE'] === 'scratch'
      ? undefined
      : `of ${owner}, in another checkout or state`;
  }
  return owner ? `of ${owner}` : 'which this program has not made';
}

/** The container that runs on a volume which is about to be taken over; two servers on one volume destroy its data. */
function userOf(volume: Found, claims: readonly Claim[], objects: readonly Found[]): Found | undefined {
  const claimed = (name: string) => claims.some((claim) => claim.kind === 'container' && claim.name === name);
  return objects.find(({ name, runs, volumes }) => runs && volumes.includes(volume.name) && !claimed(name));
}

/** What is to be told of one name; an empty text when nothing is. */
function problem(claim: Claim, mine: string, isKnown: boolean, claims: readonly Claim[], objects: readonly Found[]) {
  for (const object of objects.filter(({ kind, name }) => kind === claim.kind && name === claim.name)) {
    const why = objection(object, claim, mine, isKnown);
    if (why) return `  the ${claim.kind} ${claim.name}, ${why}\n    to do: ${claim.toDo}\n`;
    const user = object.kind === 'volume' && !isKnown ? userOf(object, claims, objects) : undefined;
    if (user) {
      return `  the volume ${claim.name}, on which the container ${user.name} runs\n    to do: docker stop ${user.name}, or choose another volume\n`;
    }
  }
  return '';
}

/**
 * Looks at the engine for names that something else has: Docker would give a volume of that name to both, and refuse a container when
 * the rest has been made. To be awaited before anything is registered, so that a preview says it too and nothing is made in vain. Where
 * nobody can look it says so, and goes on.
 *
 * @returns what the engine has of this stack, also by names that it had before; nothing when nobody could look.
 * @throws pulumi.RunError with every name that is taken, by whom, and what to do.
 */
export async function requireOwnership(claims: readonly Claim[], endpoint: Endpoint = {}): Promise<Found[]> {
  const mine = `${pulumi.getProject()}/${pulumi.getStack()}`;
  const [objects, ours] = await Promise.all([inventory(endpoint).catch((error: Error) => error), known()]);
  if (objects instanceof Error) {
    await pulumi.log.warn(
      `Nobody has looked whether something else has the names of this stack on the engine: ${objects.message}.`,
    );
    return [];
  }
  const taken = claims.map((claim) => problem(claim, mine, ours.has(`${claim.kind} ${claim.name}`), claims, objects));
  if (taken.some(Boolean)) {
    throw new pulumi.RunError(
      `Some names of the stack ${pulumi.getStack()} are in use on this engine. Nothing was created or changed.\n${taken.join('')}`,
    );
  }
  return objects.filter(
    ({ kind, name, owner }) => owner === mine || claims.some((claim) => claim.kind === kind && claim.name === name),
  );
}
