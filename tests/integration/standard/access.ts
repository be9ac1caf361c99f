/** Who gets in, and what the containers may do. */

import { KEY_PREFIX, VALKEY_PORT } from '../../../core/valkey.ts';
import { type Deployment, IMAGES } from '../../support/deployment.ts';
import { docker, inspect, labelOf, valkeyAs } from '../../support/docker.ts';
import { addModel, ask } from '../../support/people.ts';

/** Tests of a deployment whose containers are as they were created; leaves a model and an answer in it. */
export function access(deployed: () => Deployment): void {
  let life: Deployment;

  beforeAll(() => {
    life = deployed();
  });

  it('is enough for the application: nothing that it did was refused', async () => {
    expect((await life.verify()).ok).toBe(true);
    const session = await life.administrator();
    await addModel(session);
    await ask(session);
    expect(await life.refused()).toEqual([]);
  });

  it.each([
    'FLUSHALL',
    'CONFIG GET dir',
    'KEYS *',
    'SHUTDOWN NOSAVE',
    'ACL LIST',
    'GET other:key',
    'SET other:key x',
    'PUBLISH other x',
    'BGSAVE',
    'MODULE LIST',
  ])('refuses the application %s', async (command) => {
    const valkey = { container: life.valkey };
    expect(await valkeyAs(valkey, await life.application(), ...command.split(' '))).toMatch(/^NOPERM /);
    // Noted, and forgotten again: what is noted at the end was refused to the web UI itself.
    expect(await life.refused()).toEqual([expect.stringMatching(/^openwebui: (command|key|channel) /)]);
    expect(await valkeyAs(valkey, await life.operator(), 'ACL', 'LOG', 'RESET')).toBe('OK');
  });

  it('refuses a stranger on the same network everything but PING', async () => {
    const stranger = { container: `stranger-${life.stack}`, host: 'redis' };
    await docker(
      ...['run', '--detach', '--name', stranger.container, '--label', labelOf(life.stack)],
      ...['--network', life.network, IMAGES.valkey, 'sleep', '60'],
    );
    try {
      expect(await valkeyAs(stranger, undefined, 'PING')).toBe('PONG');
      for (const words of [
        ['GET', `${KEY_PREFIX}:kept`],
        ['INFO'],
        ['PUBLISH', 'socketio', 'x'],
        ['SUBSCRIBE', 'socketio'],
      ]) {
        expect(await valkeyAs(stranger, undefined, ...words)).toMatch(/^NOPERM /);
        expect(await valkeyAs(stranger, { name: 'openwebui', password: 'guess' }, ...words)).toMatch(
          /^WRONGPASS [\s\S]*NOPERM /,
        );
      }
    } finally {
      await docker('rm', '--force', '--volumes', stranger.container);
    }
  });

  it('is not open from the host', async () => {
    expect((await inspect('container', life.valkey)).NetworkSettings.Ports[`${VALKEY_PORT}/tcp`]).toBeNull();
  });

  it('refuses a sign-up, as there is an administrator', async () => {
    const response = await fetch(`http://127.0.0.1:${life.port}/api/v1/auths/signup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'x', email: 'x@example.com', password: 'Some-long-pass-1' }),
    });
    expect(response.status).toBe(403);
  });

  it('gives neither container any right that it does not need', async () => {
    for (const [name, added] of [
      [life.valkey, ['CAP_SETGID', 'CAP_SETUID', 'CAP_DAC_OVERRIDE', 'CAP_KILL']],
      [life.webui, ['CAP_DAC_OVERRIDE']],
    ] as const) {
      const { HostConfig: host } = await inspect('container', name);
      expect([host.CapDrop, (host.CapAdd ?? []).sort(), host.SecurityOpt, host.Privileged]).toEqual([
        ['ALL'],
        [...added].sort(),
        ['no-new-privileges:true'],
        false,
      ]);
      expect(host.Memory).toBeGreaterThan(0);
      expect(host.MemorySwap).toBe(host.Memory);
    }
  });

  it('lets neither container flood the host with processes', async () => {
    for (const [name, limit] of [
      [life.valkey, 256],
      [life.webui, 2048],
    ] as const) {
      expect((await inspect('container', name)).HostConfig.PidsLimit).toBe(limit);
    }
    // More than are allowed, but not many, and they end before five checks in a row have failed for them.
    const flood = 'for _ in $(seq 400); do sleep 2 & done';
    await expect(docker('exec', life.valkey, 'sh', '-c', flood)).rejects.toThrow(/fork/i);
    expect((await life.verify()).ok).toBe(true);
  });
}
