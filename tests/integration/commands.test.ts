/** `npm run up`, killed in the middle and run again, and `npm run down`. */

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Deployment, IMAGES } from '../support/deployment.ts';
import { docker, freePort, labelOf, objectsOf } from '../support/docker.ts';
import { embeddedState } from '../support/embedded.ts';

jest.setTimeout(600_000);

let deployment: Deployment;
let state: ReturnType<typeof embeddedState>;
let env: Record<string, string>;

beforeAll(async () => {
  deployment = await Deployment.create('killed');
  state = embeddedState();
  env = state.env;
});

afterAll(async () => {
  await deployment?.remove();
  state?.remove();
});

async function up(): Promise<string> {
  const { code, stdout, stderr } = await deployment.run(
    'node',
    ['bootstrap/run.mjs', 'up', '--stack', deployment.stack],
    env,
  );
  if (code !== 0) throw new Error(`npm run up ended with ${code}:\n${stderr}\n${stdout}`);
  return stderr;
}

const container = (name: string) => docker('ps', '--all', '--quiet', '--filter', `name=^${name}-${deployment.stack}$`);

/** Starts `npm run up` and kills it, with all that it has started, as soon as the engine shows what is waited for. */
async function killedWhen(reached: () => Promise<boolean>): Promise<void> {
  const child = spawn('node', ['bootstrap/run.mjs', 'up', '--stack', deployment.stack], {
    cwd: deployment.dir,
    env: { ...process.env, ...deployment.env, ...env },
    stdio: 'ignore',
    detached: true,
  });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  while (child.exitCode === null && !(await reached())) await sleep(20);
  // Its own group: command, CLI and language host.
  process.kill(-(child.pid as number), 'SIGKILL');
  expect(await ended).toBeNull();
}

it('refuses names that are in use on the engine, with nothing created', async () => {
  const label = labelOf(deployment.stack);
  await docker('create', '--name', deployment.valkey, '--label', label, IMAGES.valkey);
  const { network } = deployment;
  await docker('network', 'create', '--label', label, network);
  try {
    const { code, stdout } = await deployment.run(
      'node',
      ['bootstrap/run.mjs', 'up', '--stack', deployment.stack],
      env,
    );
    expect(code).toBe(1);
    // Without Pulumi's indentation.
    expect(
      stdout.replaceAll(/^ +/gm, ''),
    ).toContain(`Some names of the stack ${deployment.stack} are in use on this engine. Nothing was created or changed.
the network ${network}, which this program did not create
to do: use it as it is (open-webui:network.external: true), or choose another open-webui:network.name
the container ${deployment.valkey}, which this program did not create
to do: remove it (docker rm --force ${deployment.valkey}; its volumes stay), or choose another open-webui:valkey.name`);
    expect(await objectsOf(deployment.stack)).toEqual({
      containers: [deployment.valkey],
      networks: [network],
      volumes: [],
    });
  } finally {
    await docker('rm', '--force', '--volumes', deployment.valkey);
    await docker('network', 'rm', network);
  }
});

it('finishes a first deployment that was killed when Valkey had just been made', async () => {
  await killedWhen(async () => (await container('redis-valkey')) !== '');
  expect(await up()).toContain('an earlier run did not finish');
});

it('finishes an update that was killed when the old web UI had just gone', async () => {
  const before = await container('open-webui');
  deployment.config.webui['publish'] = { port: await freePort() };
  // For what comes after it.
  deployment.config.valkey['protectData'] = true;
  deployment.config.webui['protectData'] = true;
  deployment.writeConfig();
  await killedWhen(async () => (await container('open-webui')) !== before);
  expect(await up()).toContain('an earlier run did not finish');
});

it('leaves the stack file unchanged, and the passphrase to its owner alone', async () => {
  expect(readFileSync(join(deployment.dir, `Pulumi.${deployment.stack}.yaml`), 'utf8')).not.toContain('encryptionsalt');
  const { stdout } = await deployment.run('stat', ['-c', '%a', '.pulumi-state/passphrase']);
  expect(stdout.trim()).toBe('600');
});

const down = (...more: string[]) =>
  deployment.run('node', ['bootstrap/run.mjs', 'down', '--stack', deployment.stack, ...more], env);
const volumes = () => [deployment.webui, deployment.valkeyVolume];

it('removes all but the volumes with down', async () => {
  const { code, stderr } = await down();
  expect(stderr).toContain(`Kept the volume ${volumes().join(', the volume ')}, and`);
  expect(code).toBe(0);
  expect(await objectsOf(deployment.stack)).toEqual({ containers: [], networks: [], volumes: volumes() });
});

it('never removes protected data', async () => {
  const refused = await down('--volumes');
  expect(refused.code).not.toBe(0);
  expect(refused.stdout + refused.stderr).toContain(
    'is protected (chat-valkey-data, chat-webui-data). Nothing was removed.',
  );
  expect(await objectsOf(deployment.stack)).toMatchObject({ volumes: volumes() });
});

it('removes everything with down -- --volumes', async () => {
  deployment.config.valkey['protectData'] = false;
  deployment.config.webui['protectData'] = false;
  deployment.writeConfig();
  // The kept secrets open the kept data: verify, as a part of this, signs in with the old password.
  await up();
  expect((await down('--volumes')).code).toBe(0);
  expect(await objectsOf(deployment.stack)).toEqual({ containers: [], networks: [], volumes: [] });
});
