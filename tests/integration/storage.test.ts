/** Uploaded files in a bucket of a real S3 server: a wrong one is refused before the first start, and a right one is all that the web UI needs. */

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Session } from '../../ops/webui.ts';
import { Deployment } from '../support/deployment.ts';
import { docker, freePort, inspect, objectsOf } from '../support/docker.ts';
import { download, upload } from '../support/people.ts';
import { type S3, startS3 } from '../support/s3.ts';

jest.setTimeout(600_000);

const BUCKET = 'example-chat';
const PREFIX = 'chat/files';

let life: Deployment;
let s3: S3;

beforeAll(async () => {
  [life, s3] = [await Deployment.create('storage'), await startS3()];
  s3.bucket(BUCKET);
  await use(s3.secretKey);
});
afterAll(async () => {
  s3?.stop();
  await life?.remove();
});

async function use(secretKey: string, change: Record<string, unknown> = {}) {
  life.config.storage = {
    ...{ kind: 's3', bucket: BUCKET, endpoint: s3.endpoint, accessKey: s3.accessKey, prefix: PREFIX },
    ...change,
  };
  await life.setSecret('storage.secretKey', secretKey);
}

/** Why an update is refused. */
const refusal = () =>
  life.up().then(
    () => 'it is not refused',
    (error: Error) => error.message,
  );

const signIn = async () => {
  const { adminEmail, adminPassword } = await life.outputs();
  return Session.signIn(life.origin, adminEmail, adminPassword);
};

const CONTENT = randomBytes(100_000);

describe('a bucket that the web UI could not use', () => {
  const SAYS = 'The bucket of storage.bucket cannot be used. Nothing was created or changed.';

  it.each<[string, () => Promise<void>, RegExp]>([
    [
      'with a secret that is not that of the key',
      () => use('wrong-0123456789'),
      /storage\.secretKey is not the secret of storage\.accessKey/,
    ],
    [
      'with a key that its server does not know',
      () => use(s3.secretKey, { accessKey: 'AKUNKNOWN' }),
      /does not know storage\.accessKey/,
    ],
    ['that does not exist', () => use(s3.secretKey, { bucket: 'another' }), /has no bucket another/],
    [
      'whose server does not answer',
      async () => use(s3.secretKey, { endpoint: s3.endpoint.replace(/\d+$/, String(await freePort())) }),
      /does not answer: .*Could not connect/,
    ],
  ])('is refused %s', async (_, change, why) => {
    await change();
    const said = await refusal();
    expect(said).toContain(SAYS);
    expect(said).toMatch(why);
    expect(said).not.toContain(s3.secretKey);
    expect(await objectsOf(life.stack)).toEqual({ containers: [], networks: [], volumes: [] });
  });

  it('is refused in a preview as well', async () => {
    await use(s3.secretKey, { bucket: 'another' });
    await expect(life.preview()).rejects.toThrow(SAYS);
  });
});

describe('a stack with a bucket', () => {
  let session: Session;
  let id: string;
  const key = () => `${PREFIX}/${id}_notes.bin`;
  const local = () => docker('exec', life.webui, 'sh', '-c', 'ls data/uploads');

  beforeAll(async () => {
    await use(s3.secretKey);
    await life.up();
    session = await signIn();
    id = await upload(session, 'notes.bin', CONTENT);
  });

  it('has left nothing of the try in it', () => {
    expect(s3.keys(BUCKET)).toEqual([key()]);
  });

  it('puts an uploaded file there, as it is', () => {
    expect(s3.content(BUCKET, key()).equals(CONTENT)).toBe(true);
  });

  it('is proved by verify, which leaves nothing', async () => {
    const { checks, check } = await life.verify();
    expect(checks.filter(({ ok, notProved }) => !ok || notProved)).toEqual([]);
    expect(check('files')?.detail).toBe(`an uploaded file is in the bucket ${BUCKET}, and comes back from there`);
    expect(s3.keys(BUCKET)).toEqual([key()]);
  });

  it('is proved without a sign-in as far as that goes', async () => {
    const { check } = await life.verify({ OPEN_WEBUI_EMAIL: 'nobody@example.com' });
    expect(check('files')).toMatchObject({
      ok: true,
      detail: `the web UI writes to the bucket ${BUCKET}, and reads back what it wrote`,
    });
    expect(s3.keys(BUCKET)).toEqual([key()]);
  });

  it('shows no change in a second update, and no drift', async () => {
    await life.expectUnchanged();
    await life.expectNoDrift();
    expect(await life.up()).toEqual([]);
  });

  it('keeps its secret to itself', async () => {
    const shown = await Promise.all([
      docker('inspect', life.webui),
      docker('logs', life.webui),
      life.preview('--diff'),
      life.pulumi(['stack', 'export']),
      Promise.resolve(readFileSync(join(life.dir, `Pulumi.${life.stack}.yaml`), 'utf8')),
    ]);
    // Not the texts: a failing test must not show what it protects.
    expect(shown.map((text) => text.includes(s3.secretKey))).toEqual(shown.map(() => false));
    expect((await life.secretEnv())['S3_SECRET_ACCESS_KEY'] === s3.secretKey).toBe(true);
  });

  it('serves the file from a container that has never seen it', async () => {
    await docker('exec', life.webui, 'sh', '-c', 'rm -rf data/uploads/*');
    const { Id } = await inspect('container', life.webui);
    life.config.webui['env'] = { CUSTOM_NAME: 'Another name' };
    await life.up();
    expect((await inspect('container', life.webui)).Id).not.toBe(Id);
    expect(await local()).toBe('');
    expect(Buffer.from(await download(session, id)).equals(CONTENT)).toBe(true);
  });

  it('has no file in a backup, whose warnings say so', async () => {
    const { code, stdout, stderr } = await life.command('backup', ['--to', life.dir]);
    expect([code, stderr]).toEqual([0, expect.anything()]);
    expect(`${stdout}${stderr}`).toContain(
      `uploaded files are in the bucket ${BUCKET}, which is not part of this backup`,
    );
    const [file = ''] = execFileSync('sh', ['-c', `ls ${life.dir}/${life.stack}-*.tar.gz`], { encoding: 'utf8' }).split(
      '\n',
    );
    const manifest = JSON.parse(execFileSync('tar', ['-xzOf', file, 'manifest.json'], { encoding: 'utf8' }));
    expect(manifest.warnings).toContain(`uploaded files are in the bucket ${BUCKET}, which is not part of this backup`);
  });

  it('misses nothing but files while the server does not answer, as verify tells, and has them when it is back', async () => {
    s3.pause();
    try {
      const { checks } = await life.verify();
      expect(checks.flatMap(({ ok, name }) => (ok ? [] : [name]))).toEqual(['files']);
    } finally {
      s3.resume();
    }
    expect((await life.verify()).check('files')?.ok).toBe(true);
  });

  it('does not go back to the volume while there is a file in the bucket', async () => {
    const { storage } = life.config;
    delete life.config.storage;
    expect(await refusal()).toContain(
      `storage.kind is local, and the web UI has one uploaded file in s3://${BUCKET}, which it would no longer find.`,
    );
    life.config.storage = storage as Record<string, unknown>;
  });

  it('removes a file there that is removed in the page', async () => {
    // Without a store of vectors the slim image takes what it has removed for a failure.
    await session.request('DELETE', `/api/v1/files/${id}`).catch(() => undefined);
    expect(s3.keys(BUCKET)).toEqual([]);
  });

  it('leaves the bucket where it is when it goes', async () => {
    id = await upload(session, 'notes.bin', CONTENT);
    await life.destroy();
    expect(s3.keys(BUCKET)).toEqual([key()]);
  });
});
