/** People's data, through what loses it elsewhere: a crash, another form, an older release, another stack, a destroy. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { RemoteError } from '../../core/errors.mjs';
import { until } from '../../core/until.ts';
import { KEY_PREFIX } from '../../core/valkey.ts';
import type { Session } from '../../ops/webui.ts';
import { Deployment, IMAGES } from '../support/deployment.ts';
import { docker, inspect, labelOf, objectsOf, removeObjectsOf, valkeyAs } from '../support/docker.ts';

jest.setTimeout(600_000);

/** What is in Valkey before the first change. */
const KEYS = { kept: `${KEY_PREFIX}:kept`, brief: `${KEY_PREFIX}:brief`, sessions: `${KEY_PREFIX}:sessions` };

let first: Deployment;
let second: Deployment;

beforeAll(async () => {
  first = await Deployment.create('data');
  second = await Deployment.create('rival');
  // No snapshot but those of a server that ends in order.
  Object.assign(first.config.valkey, { persistence: 'snapshots', snapshot: { after: '1h' } });
  await first.up();
});

afterAll(async () => {
  await second?.remove();
  await first?.remove();
});

/** Why something failed, without Pulumi's indentation. */
const failure = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'nothing failed',
    (error: Error) => error.message.replaceAll(/^ +/gm, ''),
  );

const users = (deployment: Deployment) =>
  docker(
    ...['exec', deployment.webui, 'python', '-c'],
    'import sqlite3; print(sqlite3.connect("/app/backend/data/webui.db").execute("select group_concat(id) from user").fetchone()[0])',
  );

describe('Valkey', () => {
  const asApplication = async (database: number, ...words: string[]) =>
    valkeyAs({ container: first.valkey, database }, await first.application(), ...words);

  /** SIGKILL, as a crash does it, and a new start as the engine makes it after one. */
  async function crash(): Promise<void> {
    await docker('kill', first.valkey);
    await docker('start', first.valkey);
    const ready = () =>
      fetch(`${first.origin}/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
    expect(await until(ready, Boolean, { seconds: 60 })).toBe(true);
  }

  /** Status of a request that takes a sign-in. */
  const answer = (session: Session): Promise<number | undefined> =>
    session.fetch('GET', '/api/v1/auths/').then(
      ({ status }) => status,
      (error: RemoteError) => error.status,
    );

  async function signedOut(): Promise<Session> {
    const session = await first.administrator();
    await session.fetch('POST', '/api/v1/auths/signout');
    expect(await answer(session)).toBe(401);
    return session;
  }

  const replaced = ['create-replacement', 'delete-replaced', 'replace'].map((op) => `${op} chat-valkey-container`);

  /** What was written before the first change is there. */
  async function expectKept(): Promise<void> {
    expect(await asApplication(0, 'GET', KEYS.kept)).toBe('all the time');
    expect(await asApplication(1, 'HGET', KEYS.sessions, 'mine')).toBe('here');
  }

  it('forgets a sign-out when it crashes, with snapshots alone', async () => {
    const session = await signedOut();
    await crash();
    expect(await answer(session)).toBe(200);
  });

  it('keeps both databases on the way to an append-only file', async () => {
    await asApplication(0, 'SET', KEYS.kept, 'all the time');
    await asApplication(0, 'SET', KEYS.brief, 'for 100 s', 'EX', '100');
    await asApplication(1, 'HSET', KEYS.sessions, 'mine', 'here');
    first.config.valkey['persistence'] = 'aof';
    expect(await first.up()).toEqual(replaced);
    await expectKept();
    expect(await asApplication(0, 'GET', KEYS.brief)).toBe('for 100 s');
  });

  it('remembers a sign-out that is older than a second when it crashes, with an append-only file', async () => {
    const session = await signedOut();
    // All that it promises.
    await sleep(1500);
    await crash();
    expect(await answer(session)).toBe(401);
    await expectKept();
  });

  it('keeps both databases on the way back, and there again', async () => {
    for (const form of ['snapshots', 'aof']) {
      first.config.valkey['persistence'] = form;
      expect(await first.up()).toEqual(replaced);
      await expectKept();
      const { Cmd } = (await inspect('container', first.valkey)).Config;
      expect(Cmd[Cmd.indexOf('--appendonly') + 1]).toBe(form === 'aof' ? 'yes' : 'no');
    }
  });

  it('has refused nothing to the web UI all the time', async () => {
    expect(await first.refused()).toEqual([]);
  });

  it('is not replaced by an older release: that is refused, with the reason', async () => {
    const { Id } = await inspect('container', first.valkey);
    const older = 'local/valkey:8.0-none';
    first.config.valkey['image'] = older;
    try {
      for (const message of [await failure(first.preview()), await failure(first.up())]) {
        expect(message).toContain(
          `valkey.image is ${older}, and ${IMAGES.valkey} runs on the volume ${first.valkeyVolume}: an older release may misread`,
        );
      }
    } finally {
      first.config.valkey['image'] = IMAGES.valkey;
    }
    expect((await inspect('container', first.valkey)).Id).toBe(Id);
  });
});

describe('a second stack with the names of the first', () => {
  /** Everything of the first stack that the second could have touched. */
  const untouched = async () => ({
    objects: await objectsOf(first.stack),
    started: await Promise.all(
      [first.valkey, first.webui].map((name) =>
        inspect('container', name).then(({ Id, State }) => [Id, State.StartedAt, State.Status]),
      ),
    ),
    network: (await inspect('network', first.network)).Id,
    users: await users(first),
  });

  it('is refused in preview and up, and takes nothing with it when it is destroyed', async () => {
    const before = await untouched();
    const { network } = first;
    const volumes = { valkey: first.valkeyVolume, webui: first.webui };
    Object.assign(second.config.network, { name: network });
    Object.assign(second.config.valkey, { name: first.valkey, volume: volumes.valkey });
    Object.assign(second.config.webui, { name: first.webui, volume: volumes.webui });
    const refusal = `Some names of the stack ${second.stack} are in use on this engine. Nothing was created or changed.
the network ${network}, of open-webui/${first.stack}
to do: use it as it is (open-webui:network.external: true), or choose another open-webui:network.name
the container ${first.valkey}, of open-webui/${first.stack}
to do: remove it (docker rm --force ${first.valkey}; its volumes stay), or choose another open-webui:valkey.name
the volume ${volumes.valkey}, of open-webui/${first.stack}
to do: adopt it with its data (open-webui:valkey.adoptVolume: true), or choose another open-webui:valkey.volume
the container ${first.webui}, of open-webui/${first.stack}
to do: remove it (docker rm --force ${first.webui}; its volumes stay), or choose another open-webui:webui.name
the volume ${volumes.webui}, of open-webui/${first.stack}
to do: adopt it with its data (open-webui:webui.adoptVolume: true), or choose another open-webui:webui.volume`;
    expect(await failure(second.preview())).toContain(refusal);
    expect(await failure(second.up())).toContain(refusal);
    // Nor does it help to ask for the volumes alone: they are in use.
    Object.assign(second.config.valkey, { name: second.valkey, adoptVolume: true });
    Object.assign(second.config.webui, { name: second.webui, adoptVolume: true });
    Object.assign(second.config.network, { name: second.network });
    expect(await failure(second.up())).toContain(
      `the volume ${volumes.webui}, on which the container ${first.webui} runs`,
    );
    await second.destroy();
    expect(await objectsOf(second.stack)).toEqual({ containers: [], networks: [], volumes: [] });
    expect(await untouched()).toEqual(before);
  });

  it('is refused as the same stack of another state, too', async () => {
    const before = await untouched();
    const { code, stdout } = await first.run(
      'sh',
      [
        '-c',
        'mkdir elsewhere && pulumi stack init "$0" --no-select && pulumi up --yes --skip-preview --stack "$0"',
        first.stack,
      ],
      { PULUMI_BACKEND_URL: `file://${first.dir}/elsewhere` },
    );
    expect(code).not.toBe(0);
    expect(stdout).toContain(
      `the container ${first.webui}, of open-webui/${first.stack}, in another checkout or state`,
    );
    expect(await untouched()).toEqual(before);
  });
});

describe('destroy', () => {
  let people: string;
  const copies = () => ({ valkey: `redis-data-of-${second.stack}`, webui: `open-webui-of-${second.stack}` });

  it('leaves the data, and the next up finds it', async () => {
    people = await users(first);
    await first.destroy();
    expect(await objectsOf(first.stack)).toEqual({
      containers: [],
      networks: [],
      volumes: [first.webui, first.valkeyVolume],
    });
    await first.up();
    expect(await users(first)).toBe(people);
  });

  it('leaves data that another stack can take over', async () => {
    await first.destroy();
    for (const [from, to] of [
      [first.valkeyVolume, copies().valkey],
      [first.webui, copies().webui],
    ] as const) {
      // Half of the labels make no owner, and let the test find it again.
      await docker('volume', 'create', '--label', labelOf(second.stack), to);
      const mounts = ['--volume', `${from}:/from`, '--volume', `${to}:/to`];
      await docker('run', '--rm', ...mounts, '--entrypoint', 'cp', IMAGES.valkey, '-a', '/from/.', '/to');
    }
    Object.assign(second.config.valkey, { volume: copies().valkey, adoptVolume: false });
    Object.assign(second.config.webui, { volume: copies().webui, adoptVolume: false });
    expect(await failure(second.preview())).toContain(
      `the volume ${copies().webui}, which this program did not create\nto do: adopt it with its data (open-webui:webui.adoptVolume: true)`,
    );
    Object.assign(second.config.valkey, { adoptVolume: true });
    Object.assign(second.config.webui, { adoptVolume: true });
    await second.up();
    expect(await users(second)).toBe(people);
    expect(await valkeyAs({ container: second.valkey }, await second.application(), 'GET', KEYS.kept)).toBe(
      'all the time',
    );
    // Once taken over it is known as the stack's own.
    Object.assign(second.config.valkey, { adoptVolume: false });
    Object.assign(second.config.webui, { adoptVolume: false });
    expect(await second.up()).toEqual([]);
  });

  it('keeps to the time at which a key ends, through all of that', async () => {
    const brief = async () => valkeyAs({ container: second.valkey }, await second.application(), 'GET', KEYS.brief);
    expect(await until(brief, (text) => text === '', { seconds: 100, everyMs: 1000 })).toBe('');
  });

  it('leaves what another stack has taken over', async () => {
    await second.destroy();
    expect((await objectsOf(second.stack)).volumes).toEqual([copies().webui, copies().valkey]);
    await removeObjectsOf(second.stack);
  });
});
