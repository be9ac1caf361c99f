/** The images that a stack names: present, else pulled, else (those of the stack `local`) built. */

import { join } from 'node:path';
import { UserError } from '../lib/console.mjs';
import { capture, which } from '../lib/exec.mjs';
import { buildImages, LOCAL_IMAGES } from './build-images.mjs';

/** Where images can be pulled, and where they cannot. */
const PULLED = 'dev';
const BUILT = 'local';

/** The image references of a stack, by the program's own reading of its settings. */
async function referencesOf(stack, env, root) {
  const { code, stdout, stderr } = await capture(
    which('node', env.PATH),
    [join(root, 'settings', 'images.ts'), stack],
    { env, cwd: root },
  );
  if (code !== 0) throw new UserError(stderr.trim());
  return JSON.parse(stdout);
}

const present = async (reference, env) =>
  (await capture('docker', ['image', 'inspect', reference], { env })).code === 0;

async function pull(reference, env, progress) {
  progress(`pulling ${reference}`);
  const { code, stderr } = await capture('docker', ['pull', '--quiet', reference], { env });
  return code === 0 ? undefined : stderr.trim().split('\n').at(-1);
}

/** Makes the images of a stack present; returns why it could not, or undefined. */
async function provide(stack, env, progress, root) {
  const references = await referencesOf(stack, env, root);
  const missing = [];
  for (const reference of references) if (!(await present(reference, env))) missing.push(reference);
  const built = missing.filter((reference) => Object.values(LOCAL_IMAGES).includes(reference));
  if (built.length > 0) await buildImages(built, { env, progress });
  for (const reference of missing.filter((one) => !built.includes(one))) {
    const obstacle = await pull(reference, env, progress);
    if (obstacle) return `${reference} cannot be pulled: ${obstacle}`;
  }
  return undefined;
}

/**
 * Makes the images of a stack present and returns the stack: the one asked for, or the default, which is `dev` where images can be
 * pulled and otherwise `local`.
 */
export async function imagesStep(env, progress, root, { stack, remembered }) {
  const first = stack ?? remembered ?? PULLED;
  const obstacle = await provide(first, env, progress, root);
  if (!obstacle) return { stack: first, text: `those of the stack ${first}` };
  if (stack ?? remembered) {
    throw new UserError(
      `${obstacle}\nPull or load it into this engine, name another image in Pulumi.${first}.yaml, or use the stack ${BUILT}, whose images are built here:\n  npm run up -- --stack ${BUILT}`,
    );
  }
  progress(`${obstacle}; so the stack ${BUILT} it is, whose images are built here`);
  const second = await provide(BUILT, env, progress, root);
  if (second) throw new UserError(second);
  return { stack: BUILT, text: `those of the stack ${BUILT}, as no registry can be reached` };
}
