/** `npm run rotate` on a stack that is in use. */

import { io, type Socket } from 'socket.io-client';
import { until } from '../../../core/until.ts';
import { KEY_PREFIX } from '../../../core/valkey.ts';
import { Session } from '../../../ops/webui.ts';
import type { Deployment } from '../../support/deployment.ts';
import { valkeyAs } from '../../support/docker.ts';

/** Tests of a deployment; leaves it with other secrets. */
export function rotation(deployed: () => Deployment): void {
  let life: Deployment;

  beforeAll(() => {
    life = deployed();
  });

  const password = async () => (await life.outputs()).adminPassword;
  const signIn = async (word: string) => Session.signIn(`http://127.0.0.1:${life.port}`, 'admin@example.com', word);

  async function rotate(secret: string): Promise<string> {
    const { code, stdout, stderr } = await life.command('rotate', ['--secret', secret]);
    if (code !== 0) throw new Error(`rotate ended with ${code}:\n${stderr}\n${stdout}`);
    return stdout + stderr;
  }

  /** A browser's connection: it comes back by itself. */
  function client(): { socket: Socket; connections: () => number } {
    let connections = 0;
    const socket = io(`http://127.0.0.1:${life.port}`, {
      path: '/ws/socket.io',
      transports: ['websocket'],
      reconnectionDelayMax: 500,
    });
    socket.on('connect', () => {
      connections++;
    });
    return { socket, connections: () => connections };
  }

  it('replaces the passwords of Valkey: the old ones are refused, the data stays, and a client comes back', async () => {
    const before = await life.secrets();
    const old = await life.application();
    const valkey = { container: life.valkey };
    expect(await valkeyAs(valkey, old, 'SET', `${KEY_PREFIX}:kept`, 'yes')).toBe('OK');
    const { socket, connections } = client();
    try {
      await until(connections, (count) => count === 1, { seconds: 20 });
      const said = await rotate('valkey');
      const after = await life.secrets();
      for (const secret of [...before, ...after]) expect(said.includes(secret)).toBe(false);
      expect(await until(connections, (count) => count >= 2, { seconds: 60 })).toBeGreaterThanOrEqual(2);
    } finally {
      socket.close();
    }
    expect(await valkeyAs(valkey, old, 'PING')).toMatch(/^WRONGPASS /);
    const present = await life.application();
    expect(present.password).not.toBe(old.password);
    expect(await valkeyAs(valkey, present, 'GET', `${KEY_PREFIX}:kept`)).toBe('yes');
    expect(await life.failedChecks()).toEqual([]);
  });

  it('replaces the session key: sessions of before are over', async () => {
    const session = await signIn(await password());
    await session.request('GET', '/api/v1/auths/');
    await rotate('session');
    await expect(session.request('GET', '/api/v1/auths/')).rejects.toMatchObject({ status: 401 });
    expect(await life.failedChecks()).toEqual([]);
  });

  it("replaces the administrator's password in the page and in the stack", async () => {
    const old = await password();
    await rotate('admin');
    expect(await password()).not.toBe(old);
    await expect(signIn(old)).rejects.toMatchObject({ status: 400 });
    expect(await life.failedChecks()).toEqual([]);
  });

  it('refuses to begin when the password was changed in the page', async () => {
    const old = await password();
    await (await signIn(old)).request('POST', '/api/v1/auths/update/password', {
      password: old,
      new_password: 'Changed-1',
    });
    // Nothing is wrong with the deployment: what cannot be proved is said.
    expect(await life.verify()).toMatchObject({ ok: true, notProved: ['websocket'] });
    const refused = await life.command('rotate', ['--secret', 'admin']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('admin@example.com cannot sign in: the password is not the one of this stack');
    expect(await password()).toBe(old);
    // With the present one it goes on, and the stack knows the password again.
    const present = { OPEN_WEBUI_PASSWORD: 'Changed-1' };
    expect((await life.command('rotate', ['--secret', 'admin'], present)).code).toBe(0);
    expect(await life.failedChecks()).toEqual([]);
  });

  it('knows no other secret', async () => {
    const { code, stderr } = await life.command('rotate', ['--secret', 'redis']);
    expect(code).toBe(1);
    expect(stderr).toContain('there is no redis? npm run rotate -- --secret valkey|database|session|admin');
  });
}
