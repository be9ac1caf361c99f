/** What was changed on the engine past Pulumi, before an update that trusts Pulumi's notes. */

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../system/console.mjs';
import { capture, run, which } from '../../system/exec.mjs';

const REMOVE = { container: ['rm', '--force'], network: ['network', 'rm'] };

/** Where Valkey's image keeps its data, and its user. */
const VALKEY = { path: '/data', owner: 'valkey:valkey' };
const HEALTHY_SECONDS = 60;

/**
 * Gives Valkey its files back, which a restore or a `docker run` as root may have left to somebody else: its own container has no right
 * to. Does nothing to any other container.
 */
async function ownFiles(id, env) {
  const format = `{{.Config.Image}}{{range .Mounts}}{{if eq .Destination "${VALKEY.path}"}} {{.Name}}{{end}}{{end}}`;
  const [image, volume] = (await run('docker', ['inspect', '--format', format, id], { env })).trim().split(' ');
  if (!volume) return;
  const changed = await run(
    'docker',
    [
      ...['run', '--rm', '--network', 'none', '--user', '0', '--cap-drop', 'ALL', '--cap-add', 'CHOWN'],
      ...['--cap-add', 'DAC_OVERRIDE', '--security-opt', 'no-new-privileges:true', '--entrypoint', 'chown'],
      ...['--volume', `${volume}:${VALKEY.path}`, image, '-cR', VALKEY.owner, VALKEY.path],
    ],
    { env },
  );
  if (changed === '') return;
  // Its next try to write shows whether that was all.
  const health = () => run('docker', ['inspect', '--format', '{{.State.Health.Status}}', id], { env });
  for (let waited = 0; waited < HEALTHY_SECONDS && (await health()).trim() !== 'healthy'; waited++) await sleep(1000);
}

/**
 * Compares the engine with the notes; returns the text for the step's line and the options that make `pulumi up` put everything right.
 * What stands in the place of a container or network of this stack is removed for that.
 */
export async function driftStep(env, progress, root, stack) {
  progress('comparing the engine with the notes of Pulumi');
  const args = [join(root, 'ops', 'drift.ts'), '--stack', stack, '--quick', '--json'];
  const { code, stdout, stderr } = await capture(which('node', env.PATH), args, { env, cwd: root });
  if (code !== 0 && code !== 1) throw new UserError(stderr.trim().replace(/^✘ /, ''));
  const { differences, repair } = JSON.parse(stdout);
  if (differences.length === 0) return { text: 'none', options: [] };
  for (const id of repair.ailing) {
    progress('giving Valkey the files in its volume back');
    await ownFiles(id, env);
  }
  for (const { kind, id } of repair.remove) {
    progress(`removing what stands in the place of a ${kind}`);
    if (kind === 'container') await run('docker', ['stop', '--time', '30', id], { env });
    await run('docker', [...REMOVE[kind], id], { env });
  }
  const named = (list) => [...new Set(list.map(({ object }) => object))].join(', ');
  const changed = differences.filter(({ what }) => what !== 'health');
  return {
    text:
      changed.length > 0
        ? `changed past Pulumi, to be put right: ${named(changed)} (npm run drift tells what)`
        : `none, but not healthy: ${named(differences)}`,
    options: [...(repair.refresh ? ['--refresh'] : []), ...repair.replace.flatMap((urn) => ['--replace', urn])],
  };
}
