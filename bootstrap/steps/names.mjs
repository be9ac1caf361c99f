import { UserError } from '../lib/console.mjs';
import { capture } from '../lib/exec.mjs';

const LABELS = { container: '.Config.Labels', network: '.Labels' };

/** Who has made an object of the engine: `project/stack` where it was this program, otherwise an empty text. */
async function owner({ kind, name }, env) {
  const label = (which) => `{{index ${LABELS[kind]} "com.pulumi.${which}"}}`;
  const format = `${label('project')}/${label('stack')}`;
  const { code, stdout } = await capture('docker', [kind, 'inspect', '--format', format, name], { env });
  if (code !== 0) return undefined;
  // Half of the labels is not ours either.
  return /^[^/<]+\/[^/<]+$/.test(stdout.trim()) ? stdout.trim() : '';
}

const wayOut = ({ kind, name, setting }, project) =>
  kind === 'network'
    ? `use it as it is (${project}:network.external: true), or choose another ${project}:${setting}`
    : `remove it (docker rm --force ${name}; its volumes stay), or choose another ${project}:${setting}`;

/**
 * Refuses names that somebody else's objects have on the engine, before anything is made: the rest of the stack would be there already
 * when Docker refuses the name. `fresh` says that the stack's state is new, so that not even its own labels are its own.
 */
export async function namesStep(env, stack, { project, makes }, { fresh }) {
  const taken = [];
  for (const object of makes) {
    const found = await owner(object, env);
    if (found === undefined || (found === `${project}/${stack}` && !fresh)) continue;
    const by = found ? `of ${found}, in another checkout or state` : 'which this program has not made';
    taken.push(`  the ${object.kind} ${object.name}, ${by}\n    to do: ${wayOut(object, project)}`);
  }
  if (taken.length > 0) {
    throw new UserError(
      `Some names of the stack ${stack} are in use on this engine. Nothing was created or changed.\n${taken.join('\n')}`,
    );
  }
  return makes.map(({ name }) => name).join(', ');
}
