/** The images of a stack, and the stack itself where none was named. */

import { UserError } from '../core/errors.mjs';
import { provideImages } from '../setup/images.ts';
import type { Progress } from '../system/console.mjs';
import { requireOwnEngine } from './engines.ts';
import type { Needs } from './fingerprint.ts';
import { readNeeds } from './needs.ts';
import { type Machine, openStack, type Show } from './workspace.ts';

/** Default stack where images can be pulled, and the one whose images are built on this machine. */
const PULLED = 'dev';
export const BUILT = 'local';

interface Choice {
  stack: string;
  needs: Needs;
  text: string;
}

/** Nothing is pulled or built on an engine that is not the stack's. One that is not deployed has none yet. */
async function requireEngineOf(stack: string, { project }: Needs, machine: Machine): Promise<void> {
  const opened = await openStack(machine, stack, project, { create: false }).catch(() => undefined);
  if (opened) await requireOwnEngine(opened).finally(() => opened.tidy());
}

async function choose(machine: Machine, named: string | undefined, progress: Progress): Promise<Choice> {
  // Which images a stack has, Pulumi alone knows where an environment names them: the program gets those.
  const provide = (stack: string, needs: Needs) => {
    const { images, kept = [], partial } = needs;
    const others = Object.values(images).filter((image) => !kept.includes(image));
    const before = () => requireEngineOf(stack, needs, machine);
    return partial || others.length === 0 ? undefined : provideImages(others, { ...machine, progress, before });
  };
  const first = named ?? PULLED;
  const needs = await readNeeds(machine, first, { create: true });
  const obstacle = await provide(first, needs);
  if (!obstacle) return { stack: first, needs, text: `those of the stack ${first}` };
  if (named) {
    throw new UserError(
      `${obstacle}\nPull or load it into this engine, name another image in Pulumi.${first}.yaml, or use the stack ${BUILT}, whose images are built here:\n  npm run up -- --stack ${BUILT}`,
    );
  }
  progress(`${obstacle}; using the stack ${BUILT}, whose images are built here`);
  const instead = await readNeeds(machine, BUILT, { create: true });
  const second = await provide(BUILT, instead);
  if (second) throw new UserError(second);
  return { stack: BUILT, needs: instead, text: `those of the stack ${BUILT}, as no registry can be reached` };
}

/**
 * Makes the images of a stack present and returns it with what it needs: the one named, else `dev` where images can be pulled, and
 * otherwise `local`.
 *
 * @throws UserError when the images of the named stack can be neither pulled nor built.
 */
export const chooseStack = (machine: Machine, show: Show, named: string | undefined): Promise<Choice> =>
  show('images', (progress) => choose(machine, named, progress));
