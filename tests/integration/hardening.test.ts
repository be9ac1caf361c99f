/** A strict deployment does all that a standard one does, and a stack can go from one to the other and back with its data. */

import { randomBytes } from 'node:crypto';
import { initContainerOf } from '../../core/names.ts';
import { VALKEY_PORT, VALKEY_USER } from '../../core/valkey.ts';
import { WEBUI_PORT, WEBUI_SECRETS, WEBUI_USER } from '../../core/webui.ts';
import { Deployment, IMAGES } from '../support/deployment.ts';
import { docker, inspect, labelOf, objectsOf } from '../support/docker.ts';
import { addModel, ask, download, upload } from '../support/people.ts';
import { drift } from '../support/recovery.ts';

jest.setTimeout(600_000);

let life: Deployment;

beforeAll(async () => {
  life = await Deployment.create('strict');
});

afterAll(async () => {
  await life?.remove();
});

/** Large enough to pass through a file of the server's own. */
const content = new Uint8Array(randomBytes(3_000_000));
const answer = Array.from({ length: 20 }, (_, number) => `${number} `);
const files: string[] = [];

/** What people do, with all that they did before still there. */
async function everythingWorks(): Promise<void> {
  expect(await life.failedChecks()).toEqual([]);
  const session = await life.administrator();
  if (files.length === 0) await addModel(session);
  expect(await ask(session)).toEqual(answer);
  files.push(await upload(session, 'file.bin', content));
  for (const id of files) expect(Buffer.compare(await download(session, id), content)).toBe(0);
  expect(await life.refused()).toEqual([]);
}

/** What of it makes a difference, as the engine has it. */
async function confinement(name: string) {
  const { Config, HostConfig, NetworkSettings } = await inspect('container', name);
  return {
    user: Config.User,
    added: HostConfig.CapAdd ?? [],
    dropped: HostConfig.CapDrop,
    readOnly: HostConfig.ReadonlyRootfs,
    networks: Object.keys(NetworkSettings.Networks).sort(),
  };
}

/** User and capabilities of the process that serves, as the kernel has them. */
const serving = async (name: string, program: string) =>
  docker(
    'exec',
    name,
    'sh',
    '-c',
    `grep -hE '^(Uid|CapEff|CapBnd|NoNewPrivs)' $(grep -lE '^Name:.*${program}' /proc/[0-9]*/status | head -1)`,
  );

const idsOf = ({ user, group }: { user: string; group: string }) => `${user}:${group}`;

const internal = () => `openwebui-internal-${life.stack}`;

it('lets people do everything in a standard deployment', async () => {
  await life.up();
  await everythingWorks();
});

describe('strict', () => {
  it('takes over the data of a standard deployment', async () => {
    life.config.hardening = 'strict';
    const done = await life.up();
    expect(done.filter((line) => line.startsWith('create '))).toEqual([
      'create chat-internal-bridge',
      'create chat-webui-init-container',
      'create chat-webui-secrets',
    ]);
    expect(done.filter((line) => line.startsWith('replace '))).toEqual([
      'replace chat-valkey-container',
      'replace chat-webui-container',
    ]);
    await everythingWorks();
  });

  it('changes nothing when it is applied again, and finds no drift', async () => {
    expect(await life.up()).toEqual([]);
    await life.expectNoDrift();
    await life.expectUnchanged();
    expect((await drift(life)).differences).toEqual([]);
  });

  it('runs both as ordinary users without a capability, on read-only file systems', async () => {
    const bare = { added: [], dropped: ['ALL'], readOnly: true };
    expect(await confinement(life.valkey)).toEqual({ ...bare, user: idsOf(VALKEY_USER), networks: [internal()] });
    expect(await confinement(life.webui)).toEqual({
      ...bare,
      user: idsOf(WEBUI_USER),
      networks: [internal(), life.network],
    });
    for (const [name, program, uid] of [
      [life.valkey, 'valkey-server', VALKEY_USER.user],
      [life.webui, 'python', WEBUI_USER.user],
    ] as const) {
      const status = await serving(name, program);
      expect(status).toMatch(new RegExp(`^Uid:(\\s+${uid}){4}$`, 'm'));
      for (const set of ['CapEff', 'CapBnd']) expect(status).toMatch(new RegExp(`^${set}:\\s+0+$`, 'm'));
      expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
      await expect(docker('exec', name, 'touch', '/usr/x')).rejects.toThrow('Read-only file system');
    }
  });

  it('leaves Valkey on a network without a way out, where the web UI alone meets it', async () => {
    const { Internal, Containers } = await inspect('network', internal());
    expect(Internal).toBe(true);
    const onIt = Object.values(Containers as Record<string, { Name: string }>).map((container) => container.Name);
    expect(onIt.sort()).toEqual([life.webui, life.valkey].sort());
    const { NetworkSettings } = await inspect('container', life.valkey);
    const address = NetworkSettings.Networks[internal()].IPAddress;
    // A container on the network of the page, which the web UI is on as well.
    const reach = (host: string, port: number) =>
      docker(
        ...['run', '--rm', '--label', labelOf(life.stack), '--network', life.network, '--entrypoint', 'timeout'],
        ...[IMAGES.valkey, '5', 'bash', '-c', `exec 3<>/dev/tcp/${host}/${port} && echo reached`],
      ).catch((error: Error) => error.message);
    expect(await reach(life.webui, WEBUI_PORT)).toBe('reached');
    expect(await reach('redis', VALKEY_PORT)).toContain('Name or service not known');
    expect(await reach(address, VALKEY_PORT)).not.toContain('\nreached');
  });

  it('keeps its secrets from everybody but the server', async () => {
    const places = {
      'docker inspect': await docker('inspect', life.valkey, life.webui, initContainerOf(life.webui)),
      'log of the task': await docker('logs', initContainerOf(life.webui)),
      'environment of what an administrator starts': await docker('exec', life.webui, 'env'),
    };
    for (const secret of await life.secrets()) {
      expect(Object.entries(places).flatMap(([name, text]) => (text.includes(secret) ? [name] : []))).toEqual([]);
    }
    expect(await docker('exec', life.webui, 'stat', '-c', '%a %u', WEBUI_SECRETS)).toBe(`400 ${WEBUI_USER.user}`);
    await expect(docker('exec', life.webui, 'touch', '/run/secrets/x')).rejects.toThrow('Read-only file system');
  });

  it('passes a new secret on', async () => {
    const before = (await life.application()).password;
    const { code, stderr } = await life.command('rotate', ['--secret', 'valkey']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect((await life.application()).password).not.toBe(before);
    await everythingWorks();
  });
});

it('goes back to standard with its data', async () => {
  life.config.hardening = 'standard';
  await life.up();
  expect((await confinement(life.webui)).networks).toEqual([life.network]);
  expect((await objectsOf(life.stack)).volumes).toEqual([life.webui, life.valkeyVolume]);
  await everythingWorks();
  expect(files).toHaveLength(4);
});
