import { say, UserError } from '../lib/console.mjs';
import { attached, run, which } from '../lib/exec.mjs';
import { projectName } from './state.mjs';

/** Resources that `down` leaves: the secrets, because the data in the kept volumes can only be opened with them. */
const KEPT = '**openwebui:index:Secrets**';

/** Names of what the engine has of a stack. */
async function present(list, env, { project, stack }) {
  const filters = ['--filter', `label=com.pulumi.project=${project}`, '--filter', `label=com.pulumi.stack=${stack}`];
  return (await run('docker', [...list, ...filters], { env })).split('\n').filter(Boolean);
}

/** Removes a stack's containers and network, and its data only when asked to. */
export async function downCommand(env, root, stack, { volumes: withVolumes = false }) {
  const pulumi = which('pulumi', env.PATH);
  const excluded = withVolumes ? [] : ['--exclude', KEPT, '--exclude-protected'];
  const code = await attached(pulumi, ['destroy', '--yes', '--skip-preview', '--stack', stack, ...excluded], {
    env,
    cwd: root,
  });
  if (code !== 0) {
    say(`\nNot all of the stack ${stack} is gone; what Pulumi says above tells why.`);
    return code;
  }
  const labels = { project: projectName(root), stack };
  const volumes = await present(['volume', 'ls', '--format', '{{.Name}}'], env, labels);
  if (withVolumes) {
    for (const name of volumes) await run('docker', ['volume', 'rm', name], { env });
    say(
      `\nRemoved all of the stack ${stack}, with its data${volumes.length ? `: the volumes ${volumes.join(', ')}` : ''}.`,
    );
    return 0;
  }
  const containers = await present(['ps', '--all', '--format', '{{.Names}}'], env, labels);
  if (containers.length > 0)
    throw new UserError(`These containers of the stack ${stack} are still there: ${containers.join(', ')}`);
  // A protected volume keeps what Pulumi has noted it to depend on.
  const networks = await present(['network', 'ls', '--format', '{{.Name}}'], env, labels);
  say(`\nRemoved the containers${networks.length ? '' : ' and the network'} of the stack ${stack}.`);
  const kept = [...volumes.map((name) => `the volume ${name}`), ...networks.map((name) => `the network ${name}`)];
  if (kept.length > 0) {
    say(
      `Kept ${kept.join(', ')}, and in Pulumi's state the secrets that open the data.\nnpm run up uses them again; npm run down -- --stack ${stack} --volumes removes them.`,
    );
  }
  return 0;
}
