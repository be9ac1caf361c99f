import { say, UserError } from '../../system/console.mjs';
import { attached, run, which } from '../../system/exec.mjs';
import { projectName } from './state.mjs';

/** Resources that `down` leaves: the secrets, because the data in the kept volumes can only be opened with them. */
const KEPT = '**openwebui:index:Secrets**';

/** Names of what the engine has of a stack. */
async function present(list, env, { project, stack }) {
  const filters = ['--filter', `label=com.pulumi.project=${project}`, '--filter', `label=com.pulumi.stack=${stack}`];
  return (await run('docker', [...list, ...filters], { env })).split('\n').filter(Boolean);
}

/** Names of the volumes of a stack: those that it has made, and those that it has taken over and that carry no label. */
async function volumesOf(env, root, labels) {
  const outputs = await run(which('pulumi', env.PATH), ['stack', 'output', '--json', '--stack', labels.stack], {
    env,
    cwd: root,
  });
  const { valkeyVolume, webuiVolume } = JSON.parse(outputs);
  const all = (await run('docker', ['volume', 'ls', '--format', '{{.Name}}'], { env })).split('\n');
  const own = await present(['volume', 'ls', '--format', '{{.Name}}'], env, labels);
  return all.filter((name) => own.includes(name) || name === valkeyVolume || name === webuiVolume).sort();
}

/** Resources that Pulumi refuses to delete. */
async function protectedOf(env, root, stack) {
  const state = await run(which('pulumi', env.PATH), ['stack', 'export', '--stack', stack], { env, cwd: root });
  const { resources = [] } = JSON.parse(state).deployment;
  // In one order: Pulumi writes them down in that in which they were done.
  return resources
    .filter(({ protect }) => protect)
    .map(({ urn }) => urn.split('::').at(-1))
    .sort();
}

/** Removes a stack's containers and network, and its data only when asked to. */
export async function downCommand(env, root, stack, { volumes: withVolumes = false }) {
  const pulumi = which('pulumi', env.PATH);
  const labels = { project: projectName(root), stack };
  // Asked now: a stack that is gone has no outputs.
  const volumes = await volumesOf(env, root, labels);
  const secured = withVolumes ? await protectedOf(env, root, stack) : [];
  if (secured.length > 0) {
    throw new UserError(
      `The data of the stack ${stack} is protected (${secured.join(', ')}). Nothing was removed.\n` +
        `  to do: set protectData to false for valkey and webui in Pulumi.${stack}.yaml, npm run up -- --stack ${stack}, and then this again`,
    );
  }
  const excluded = withVolumes ? [] : ['--exclude', KEPT, '--exclude-protected'];
  const code = await attached(pulumi, ['destroy', '--yes', '--skip-preview', '--stack', stack, ...excluded], {
    env,
    cwd: root,
  });
  if (code !== 0) {
    say(`\nNot all of the stack ${stack} is gone; what Pulumi says above tells why.`);
    return code;
  }
  const left = (await run('docker', ['volume', 'ls', '--format', '{{.Name}}'], { env })).split('\n');
  if (withVolumes) {
    // What held data was kept by Pulumi; the rest is gone with its stack.
    for (const name of volumes.filter((one) => left.includes(one)))
      await run('docker', ['volume', 'rm', name], { env });
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
  say(
    `\nRemoved the containers of the stack ${stack}${networks.length ? '' : ', and the network if it had made one'}.`,
  );
  const kept = [
    ...volumes.filter((name) => left.includes(name)).map((name) => `the volume ${name}`),
    ...networks.map((name) => `the network ${name}`),
  ];
  if (kept.length > 0) {
    say(
      `Kept ${kept.join(', ')}, and in Pulumi's state the secrets that open the data.\nnpm run up uses them again; npm run down -- --stack ${stack} --volumes removes them.`,
    );
  }
  return 0;
}
