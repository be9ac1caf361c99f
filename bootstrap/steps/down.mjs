import { say } from '../lib/console.mjs';
import { attached, capture, run, which } from '../lib/exec.mjs';

/** Resources that `down` leaves: the secrets, because the data in the kept volumes can only be opened with them. */
const KEPT = '**openwebui:index:Secrets**';

async function volumes(env, project, stack) {
  const filters = ['--filter', `label=com.pulumi.project=${project}`, '--filter', `label=com.pulumi.stack=${stack}`];
  const { stdout } = await capture('docker', ['volume', 'ls', '--format', '{{.Name}}', ...filters], { env });
  return stdout.split('\n').filter(Boolean);
}

/** Removes a stack's containers and network, and its data only when asked to. */
export async function downCommand(env, root, stack, { volumes: withVolumes = false }) {
  const pulumi = which('pulumi', env.PATH);
  const destroy = ['destroy', '--yes', '--skip-preview', '--stack', stack, ...(withVolumes ? [] : ['--exclude', KEPT])];
  const code = await attached(pulumi, destroy, { env, cwd: root });
  if (code !== 0) return code;
  const kept = await volumes(env, 'open-webui', stack);
  if (withVolumes) {
    for (const name of kept) await run('docker', ['volume', 'rm', name], { env });
    say(`\nRemoved all of the stack ${stack}, with its data${kept.length ? `: the volumes ${kept.join(', ')}` : ''}.`);
  } else {
    say(`\nRemoved the containers and the network of the stack ${stack}.`);
    if (kept.length)
      say(
        `Kept, with everybody's data, the volumes ${kept.join(', ')}, and in Pulumi's state the secrets that open them.\nnpm run up uses them again; npm run down -- --stack ${stack} --volumes removes them.`,
      );
  }
  return 0;
}
