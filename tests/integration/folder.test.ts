/** An installation as Compose files have it, with its data in a folder and a key of its own, on its way into a stack and through a stack's life. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../core/until.ts';
import { VALKEY_USER } from '../../core/valkey.ts';
import { WEBUI_DATA, WEBUI_USER } from '../../core/webui.ts';
import { Session } from '../../ops/webui.ts';
import { Deployment, IMAGES } from '../support/deployment.ts';
import { docker, freePort, inspect, labelOf } from '../support/docker.ts';

jest.setTimeout(900_000);

/** Weak, as those in Compose files are. */
const KEY = "t0p-s3cr3t o'clock";
const EMAIL = 'ann@example.com';
const PASSWORD = 'correct horse battery staple';

let life: Deployment;
/** The folder of everything, and in it the data, a link to it, Valkey's data, and what is mounted besides. */
let top: string;
let data: string;
let link: string;
let store: string;
let certificate: string;
/** Of the installation before: a token, and what it ran in. */
let token: string;
let old: string;

const at = () => `http://127.0.0.1:${life.port}`;
const ready = (origin = at()) =>
  fetch(`${origin}/ready`).then(
    ({ ok }) => ok,
    () => false,
  );

/** Why something failed, without Pulumi's indentation. */
const failure = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'nothing failed',
    (error: Error) => error.message.replaceAll(/^ +/gm, ''),
  );

const chats = async (with_: string) =>
  ((await (await Session.withToken(at(), with_)).request('GET', '/api/v1/chats/?page=1')) as unknown[]).length;

const owners = (folder: string): string[] => [
  ...new Set(
    [folder, ...readdirSync(folder).map((name) => join(folder, name))].map((path) => {
      const { uid, gid } = statSync(path);
      return `${uid}:${gid}`;
    }),
  ),
];

beforeAll(async () => {
  life = await Deployment.create('folder');
  top = mkdtempSync(join(tmpdir(), 'open-webui-folder-'));
  [data, link, store, certificate] = ['data', 'link', 'store', 'ca.pem'].map((name) => join(top, name)) as [
    string,
    string,
    string,
    string,
  ];
  mkdirSync(data);
  symlinkSync(data, link);
  mkdirSync(store);
  writeFileSync(certificate, 'a certificate');
  old = `old-${life.stack}`;
  // Its own is the next one's.
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  await docker(
    ...['run', '--detach', '--name', old, '--label', labelOf(life.stack), '--restart', 'unless-stopped'],
    ...['--env', `WEBUI_SECRET_KEY=${KEY}`, '--publish', `127.0.0.1:${port}:8080`],
    ...['--volume', `${data}:${WEBUI_DATA}`, IMAGES.webui],
  );
  expect(await until(() => ready(origin), Boolean, { seconds: 600, everyMs: 500 })).toBe(true);
  const signUp = await fetch(`${origin}/api/v1/auths/signup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Ann', email: EMAIL, password: PASSWORD }),
  });
  token = ((await signUp.json()) as { token: string }).token;
  const session = await Session.withToken(origin, token);
  await session.request('POST', '/api/v1/chats/new', { chat: { title: 'before' } });
  life.config.webui = { ...life.config.webui, folder: data };
  life.config.valkey = { ...life.config.valkey, folder: store };
});

afterAll(async () => {
  await life?.remove();
  // Files of other users.
  if (top)
    execFileSync('docker', [
      'run',
      '--rm',
      '--volume',
      `${top}:/top`,
      '--entrypoint',
      'chmod',
      IMAGES.valkey,
      '-R',
      'a+rwX',
      '/top',
    ]);
  if (top) rmSync(top, { recursive: true, force: true });
});

describe('before anything is created', () => {
  const refusedWith = async (webui: Record<string, unknown>, valkey: Record<string, unknown> = {}) => {
    const before = life.config;
    life.config = { ...before, webui: { ...before.webui, ...webui }, valkey: { ...before.valkey, ...valkey } };
    const said = await failure(life.preview());
    life.config = before;
    return said;
  };
  /** For folders around that of Valkey. */
  const inVolume = { folder: undefined };

  it('refuses a folder in which another web UI is at work, however it is spelled', async () => {
    for (const folder of [data, link, `${top}/./data/`]) {
      expect(await refusedWith({ folder })).toContain(`on which the container ${old} runs`);
    }
    expect(await refusedWith({ folder: top }, inVolume)).toContain(
      `the folder ${top}, on which the container ${old} runs`,
    );
    await docker('stop', old);
    expect(await refusedWith({ folder: link })).toContain(`which the stopped container ${old} uses`);
    await docker('rm', old);
  });

  it('refuses a folder that is not there, and does not make it', async () => {
    const folder = `${data}-typo`;
    const said = await refusedWith({ folder });
    expect(said).toContain(
      `${folder}, which does not exist\nto do: correct open-webui:webui.folder; or, to start without data, create it on the Docker host: mkdir -p '${folder}'`,
    );
    expect(existsSync(folder)).toBe(false);
  });

  it('refuses what cannot be data, mounts that are not there, and folders that are one', async () => {
    expect(await refusedWith({ folder: top }, inVolume)).toContain(
      'which contains things other than data of Open WebUI',
    );
    expect(await refusedWith({ folder: certificate })).toContain('which is not a folder');
    const mounts = [
      { folder: `${top}/none.pem`, target: '/etc/ssl/none.pem' },
      { volume: `none-${life.stack}`, target: '/models' },
    ];
    const said = await refusedWith({ mounts });
    expect(said).toContain(`${top}/none.pem, which does not exist`);
    expect(said).toContain(`the volume none-${life.stack}, which does not exist`);
    symlinkSync('/var/run', join(top, 'innocent'));
    expect(await refusedWith({ mounts: [{ folder: `${top}/innocent`, target: '/x' }] })).toContain(
      'which contains the socket of a container engine (docker.sock)',
    );
    rmSync(join(top, 'innocent'));
    expect(await refusedWith({}, { folder: link })).toContain('which are the same or nested');
  });

  it('refuses a session key in clear, without showing it', async () => {
    const said = await refusedWith({ sessionKey: KEY });
    expect(said).toContain('open-webui:webui.sessionKey');
    expect(said).not.toContain('clock');
  });
});

describe('a stack', () => {
  it('takes the folder as it is, and users stay signed in', async () => {
    await life.init();
    await life.setSecret('webui.sessionKey', KEY);
    life.config.webui['mounts'] = [{ folder: certificate, target: '/etc/ssl/company.pem' }];
    const done = await life.up();
    expect(done).not.toContain('create chat-webui-data');
    expect(life.said).toContain('webui.sessionKey is short, or appears in many examples');
    expect(life.said).not.toContain('clock');
    expect(await chats(token)).toBe(1);
    expect(owners(store)).toEqual([`${VALKEY_USER.user}:${VALKEY_USER.group}`]);
    expect(await docker('exec', life.webui, 'cat', '/etc/ssl/company.pem')).toBe('a certificate');
    await expect(docker('exec', life.webui, 'sh', '-c', 'echo x > /etc/ssl/company.pem')).rejects.toThrow('Read-only');
    const env = { OPEN_WEBUI_EMAIL: EMAIL, OPEN_WEBUI_PASSWORD: PASSWORD };
    expect((await life.verify(env)).checks.filter(({ ok }) => !ok)).toEqual([]);
  });

  it('keeps the key from everybody but the server', async () => {
    const texts = [
      await docker('inspect', life.webui, life.valkey),
      await life.preview('--diff'),
      JSON.stringify(await life.shownOutputs()),
      await life.pulumi(['stack', 'export']),
      await docker('exec', life.webui, 'ps', 'ax').catch(() => ''),
    ];
    expect(texts.map((text) => text.includes("o'clock") || text.includes('t0p-s3cr3t'))).not.toContain(true);
  });

  it('changes nothing when it is applied again, and finds no drift', async () => {
    expect(await life.up()).toEqual([]);
    await life.expectNoDrift();
    await life.expectUnchanged();
    const { code, stdout } = await life.command('drift');
    expect({ code, stdout }).toMatchObject({ code: 0 });
  });

  it('says in preview that a key which is removed signs everyone out', async () => {
    const { sessionKey, ...without } = life.config.webui;
    life.config.webui = without;
    expect(await life.preview()).toContain('The session key changes: everyone is signed out');
    life.config.webui = { ...without, sessionKey };
    expect(await life.preview()).not.toContain('The session key changes');
  });

  it('names another container that joins in', async () => {
    const args = ['run', '--detach', '--name', old, '--label', labelOf(life.stack), '--entrypoint', 'sleep'];
    await docker(...args, '--volume', `${link}:/data`, IMAGES.valkey, '600');
    try {
      const env = { OPEN_WEBUI_EMAIL: EMAIL, OPEN_WEBUI_PASSWORD: PASSWORD };
      expect((await life.verify(env)).check('exclusive')).toMatchObject({
        ok: false,
        detail: `the folder ${data}, on which the container ${old} runs: two servers would corrupt its data`,
      });
      const { code, stdout } = await life.command('drift');
      expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining(`folder ${data}, on which`) });
    } finally {
      await docker('rm', '--force', old);
    }
  });

  it('is backed up and restored in its folder', async () => {
    const { code, stdout, stderr } = await life.command('backup');
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.any(String) });
    const [file = ''] = /\S+\.tar\.gz/.exec(stdout + stderr) ?? [];
    const session = await Session.withToken(at(), token);
    await session.request('POST', '/api/v1/chats/new', { chat: { title: 'after' } });
    expect(await chats(token)).toBe(2);
    const env = { OPEN_WEBUI_EMAIL: EMAIL, OPEN_WEBUI_PASSWORD: PASSWORD };
    const restored = await life.command('restore', ['--from', file, '--yes'], env);
    expect(restored).toMatchObject({ code: 0 });
    expect(await chats(token)).toBe(1);
    expect(readdirSync(join(data, '.restore'))).toEqual(['before']);
    expect((await life.command('restore', ['--back', '--yes'], env)).code).toBe(0);
    expect(await chats(token)).toBe(2);
    expect((await life.command('restore', ['--forget'], env)).code).toBe(0);
  });

  it('gives the folder to the user of hardening: strict, and says so', async () => {
    life.config.hardening = 'strict';
    expect(await life.preview()).toContain(
      `${data} on the Docker host belongs to 0:0: everything in it will belong to ${WEBUI_USER.user}:${WEBUI_USER.group}, the user of Open WebUI`,
    );
    await life.up();
    expect(owners(data)).toEqual([`${WEBUI_USER.user}:${WEBUI_USER.group}`]);
    expect(await chats(token)).toBe(2);
    expect(await life.up()).toEqual([]);
    await life.expectNoDrift();
    expect((await life.command('drift')).code).toBe(0);
  });

  it('makes a backup before another release takes over, by what is in the folder', async () => {
    await docker('rm', '--force', life.webui);
    await life.pulumi(['refresh', '--yes', '--skip-preview']);
    await life.up();
    expect(life.said).toMatch(/a backup was made before .* takes over the data/);
    expect(await chats(token)).toBe(2);
  });

  it('does not start where the folder has gone, rather than with an empty one', async () => {
    await docker('stop', life.webui);
    execFileSync('mv', [data, `${data}-away`]);
    try {
      await expect(docker('start', life.webui)).rejects.toThrow('bind source path does not exist');
      expect(existsSync(data)).toBe(false);
      const { stdout } = await life.command('drift');
      expect(stdout).toContain(`folder ${data}, which does not exist\n    to do: mount the disk that holds it`);
    } finally {
      execFileSync('mv', [`${data}-away`, data]);
      await docker('start', life.webui);
    }
  });

  it('gets a generated key by a rotation, which takes the setting out of the file', async () => {
    const env = { OPEN_WEBUI_EMAIL: EMAIL, OPEN_WEBUI_PASSWORD: PASSWORD };
    expect(await until(() => ready(), Boolean, { seconds: 120, everyMs: 500 })).toBe(true);
    const { code, stdout, stderr } = await life.command('rotate', ['--secret', 'session'], env);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`webui.sessionKey was removed from Pulumi.${life.stack}.yaml`);
    life.readConfig();
    expect(life.config.webui).not.toHaveProperty('sessionKey');
    await expect(Session.withToken(at(), token)).rejects.toThrow('401');
    expect((await life.secretEnv())['WEBUI_SECRET_KEY']).toMatch(/^\w{48}$/);
    expect(await life.up()).toEqual([]);
  });

  it('leaves the folder when it is removed, and says so', async () => {
    const first = await life.command('down');
    expect(first).toMatchObject({ code: 0, stderr: expect.stringContaining(`the folder ${data} of the Docker host`) });
    await life.up();
    const { Mounts } = await inspect('container', life.webui);
    expect(Mounts).toContainEqual(expect.objectContaining({ Source: data, RW: true }));
    const last = await life.command('down', ['--volumes']);
    expect(last).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(
        `Left the folder ${store} of the Docker host and the folder ${data} of the Docker host`,
      ),
    });
    expect(readdirSync(data)).toContain('webui.db');
  });
});
