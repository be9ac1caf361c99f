/** Clears up after a `pulumi up` or `pulumi destroy` that was killed, so that the next one can finish its job. */

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { alive } from '../../system/cache.mjs';
import { capture, run, which } from '../../system/exec.mjs';
import { projectName, stateFolder } from './state.mjs';
import { forget } from './verified.mjs';

/** Stands while an update is under way; where it is found before one, that of an earlier run did not come to its end. */
const marker = (root, stack) => join(stateFolder(root), `updating-${stack}`);

/** Whether an earlier update or restore did not come to its end. */
export const interrupted = (root, stack) => existsSync(marker(root, stack));

/** Ids of the containers and networks that carry the labels of a stack, each with what removes it. */
async function labelled(env, { project, stack }) {
  const filters = ['--filter', `label=com.pulumi.project=${project}`, '--filter', `label=com.pulumi.stack=${stack}`];
  const list = async (words, remove) => {
    const ids = await run('docker', [...words, '--quiet', '--no-trunc', ...filters], { env });
    return ids
      .split('\n')
      .filter(Boolean)
      .map((id) => ({ id, remove }));
  };
  return (
    await Promise.all([list(['ps', '--all'], ['rm', '--force']), list(['network', 'ls'], ['network', 'rm'])])
  ).flat();
}

/**
 * Runs an update between setting and removing the marker, which tells what was there before; returns the update's exit code, from
 * which `over` tells whether nothing is left half done.
 */
export async function guarded(env, root, stack, update, over = (code) => code === 0) {
  mkdirSync(stateFolder(root), { recursive: true, mode: 0o700 });
  const before = (await labelled(env, { project: projectName(root), stack })).map(({ id }) => id);
  writeFileSync(marker(root, stack), JSON.stringify(before));
  forget(root, stack);
  const code = await update();
  if (over(code)) rmSync(marker(root, stack), { force: true });
  return code;
}

/** Removes the locks that processes of this machine have left behind; returns how many. */
function unlock(root, stack) {
  const dir = join(stateFolder(root), '.pulumi', 'locks');
  if (!existsSync(dir)) return 0;
  let removed = 0;
  for (const path of readdirSync(dir, { recursive: true })) {
    if (!path.endsWith('.json') || !path.split(/[\\/]/).includes(stack)) continue;
    const file = join(dir, path);
    const lock = JSON.parse(readFileSync(file, 'utf8'));
    if (lock.hostname === hostname() && !alive(lock.pid)) {
      rmSync(file);
      removed++;
    }
  }
  return removed;
}

/** What the engine may have made although Pulumi has not lived to note it; volumes are taken over by the next update as they are. */
const OBJECTS = {
  'docker:index/container:Container': { kind: 'container', labels: '.Config.Labels', remove: ['rm', '--force'] },
  'docker:index/network:Network': { kind: 'network', labels: '.Labels', remove: ['network', 'rm'] },
};

/** Removes a half-made object from the engine, if it is this stack's own and not one that Pulumi knows. */
async function discard({ type, inputs }, { env, project, stack, known }) {
  const object = OBJECTS[type];
  if (!object) return;
  const label = (name) => `{{index ${object.labels} "com.pulumi.${name}"}}`;
  const format = `{{.Id}} ${label('project')} ${label('stack')}`;
  const { code, stdout } = await capture('docker', [object.kind, 'inspect', '--format', format, inputs.name], { env });
  const [id, ...owner] = stdout.trim().split(' ');
  if (code !== 0 || known.has(id) || owner.join(' ') !== `${project} ${stack}`) return;
  await run('docker', [...object.remove, id], { env });
}

/**
 * Removes what the killed run has made and Pulumi does not know, not even as half done: its plugin died before it could tell. What was
 * there before that run may be another state's, and stays.
 */
async function discardUnknown(env, root, stack, known) {
  const text = existsSync(marker(root, stack)) ? readFileSync(marker(root, stack), 'utf8') : '';
  if (text === '') return 0;
  const before = new Set(JSON.parse(text));
  const unknown = (await labelled(env, { project: projectName(root), stack })).filter(
    ({ id }) => !known.has(id) && !before.has(id),
  );
  for (const { id, remove } of unknown) await run('docker', [...remove, id], { env });
  return unknown.length;
}

/** Brings Pulumi's state and the engine together again after a killed run; returns what was done, or undefined. */
export async function recover(env, progress, root, stack, { embedded }) {
  const locks = embedded ? unlock(root, stack) : 0;
  if (locks === 0 && !existsSync(marker(root, stack))) return undefined;
  progress('an earlier run did not come to its end: comparing its notes with the engine');
  const pulumi = which('pulumi', env.PATH);
  const at = { env, cwd: root };
  const exported = JSON.parse(await run(pulumi, ['stack', 'export', '--stack', stack], at));
  const pending = exported.deployment?.pending_operations ?? [];
  const known = new Set((exported.deployment?.resources ?? []).map(({ id }) => id));
  if (pending.length > 0) {
    const project = pending[0].resource.urn.split('::')[1];
    for (const { type, resource } of pending) {
      if (type === 'creating') await discard(resource, { env, project, stack, known });
    }
    delete exported.deployment.pending_operations;
    await run(pulumi, ['stack', 'import', '--stack', stack], { ...at, input: JSON.stringify(exported) });
  }
  const discarded = await discardUnknown(env, root, stack, known);
  await run(pulumi, ['refresh', '--yes', '--skip-preview', '--stack', stack], at);
  return `an earlier run did not come to its end; ${pending.length + discarded} half-done operations cleared`;
}
