/** The images that a stack names: present, else pulled, else (those of the stack `local`) built. */

import { UserError } from '../../system/console.mjs';
import { capture } from '../../system/exec.mjs';
import { buildImages, LOCAL_IMAGES } from './build-images.mjs';
import { needsOf } from './needs.mjs';

/** Where images can be pulled, and where they cannot. */
const PULLED = 'dev';
const BUILT = 'local';

const present = async (reference, env) =>
  (await capture('docker', ['image', 'inspect', reference], { env })).code === 0;

async function pull(reference, env, progress) {
  progress(`pulling ${reference}`);
  const { code, stderr } = await capture('docker', ['pull', '--quiet', reference], { env });
  return code === 0 ? undefined : stderr.trim().split('\n').at(-1);
}

/** Makes images present; returns why it could not, or undefined. */
async function provide(references, env, progress) {
  const there = await Promise.all(references.map((reference) => present(reference, env)));
  const missing = references.filter((_, index) => !there[index]);
  const built = missing.filter((reference) => Object.values(LOCAL_IMAGES).includes(reference));
  if (built.length > 0) await buildImages(built, { env, progress });
  for (const reference of missing.filter((one) => !built.includes(one))) {
    const obstacle = await pull(reference, env, progress);
    if (obstacle) return `${reference} cannot be pulled: ${obstacle}`;
  }
  return undefined;
}

/**
 * Makes the images of a stack present and returns the stack and its needs: the one asked for, or the default, which is `dev` where
 * images can be pulled and otherwise `local`.
 */
export async function imagesStep(env, progress, root, { stack, remembered }) {
  const first = stack ?? remembered ?? PULLED;
  const needs = await needsOf(first, env, root);
  const obstacle = await provide(needs.images, env, progress);
  if (!obstacle) return { stack: first, needs, text: `those of the stack ${first}` };
  if (stack ?? remembered) {
    throw new UserError(
      `${obstacle}\nPull or load it into this engine, name another image in Pulumi.${first}.yaml, or use the stack ${BUILT}, whose images are built here:\n  npm run up -- --stack ${BUILT}`,
    );
  }
  progress(`${obstacle}; so the stack ${BUILT} it is, whose images are built here`);
  const instead = await needsOf(BUILT, env, root);
  const second = await provide(instead.images, env, progress);
  if (second) throw new UserError(second);
  return { stack: BUILT, needs: instead, text: `those of the stack ${BUILT}, as no registry can be reached` };
}
