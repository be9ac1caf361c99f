/** Uploaded files of a stack go from its volume into a bucket of a real S3 server, and back. */

import { randomBytes } from 'node:crypto';
import { Session } from '../../ops/webui.ts';
import { Deployment } from '../support/deployment.ts';
import { docker } from '../support/docker.ts';
import { download, upload } from '../support/people.ts';
import { type S3, startS3 } from '../support/s3.ts';

jest.setTimeout(600_000);

const BUCKET = 'moved';
const CONTENTS = [randomBytes(100_000), randomBytes(9_000_000)];

let life: Deployment;
let s3: S3;
let session: Session;
/** Ids of files, and what is in them. */
const files = new Map<string, Buffer>();
/** One of which nothing but the note is left. */
let lost: string;

beforeAll(async () => {
  [life, s3] = [await Deployment.create('move-files'), await startS3()];
  s3.bucket(BUCKET);
  await life.up();
  const { adminEmail, adminPassword } = await life.outputs();
  session = await Session.signIn(life.origin, adminEmail, adminPassword);
  for (const [index, content] of CONTENTS.entries())
    files.set(await upload(session, `Zoë ${index}.bin`, content), content);
  lost = await upload(session, 'lost.bin', randomBytes(10));
  await docker('exec', life.webui, 'sh', '-c', `rm data/uploads/${lost}_*`);
});
afterAll(async () => {
  s3?.stop();
  await life?.remove();
});

const readable = async () => {
  for (const [id, content] of files) expect(Buffer.from(await download(session, id)).equals(content)).toBe(true);
};
const local = async () => (await docker('exec', life.webui, 'sh', '-c', 'ls data/uploads')).split('\n').sort();

async function moved() {
  const { code, stdout, stderr } = await life.command('move-files');
  expect([code, code === 0 ? '' : `${stdout}${stderr}`]).toEqual([0, '']);
  return `${stdout}${stderr}`;
}

it('a bucket is refused while there are files, with the command that takes them along', async () => {
  life.config.storage = { kind: 's3', bucket: BUCKET, endpoint: s3.endpoint, accessKey: s3.accessKey };
  await life.setSecret('storage.secretKey', s3.secretKey);
  await expect(life.up()).rejects.toThrow(
    `storage.kind is s3, and the web UI has 3 uploaded files in the volume ${life.webui}`,
  );
  expect(s3.keys(BUCKET)).toEqual([]);
});

it('which copies all of them, keeps the old ones, and says of what there was nothing', async () => {
  const before = await local();
  const said = await moved();
  expect(said).toContain(`has its uploaded files in the bucket ${BUCKET}: 2 files; already missing: one file`);
  expect(s3.keys(BUCKET)).toEqual([...files.keys()].map((id, index) => `${life.webui}/${id}_Zoë ${index}.bin`).sort());
  expect(await local()).toEqual(before);
  expect(said.includes(s3.secretKey)).toBe(false);
});

it('after which they are read from there alone', async () => {
  await docker('exec', life.webui, 'sh', '-c', 'rm data/uploads/*');
  await readable();
  expect(await life.up()).toEqual([]);
});

it('and back, with what was uploaded since', async () => {
  const content = randomBytes(1000);
  files.set(await upload(session, 'later.bin', content), content);
  const keys = s3.keys(BUCKET);
  delete life.config.storage;
  life.writeConfig();
  await expect(life.up()).rejects.toThrow('npm run move-files');
  expect(await moved()).toContain(`has its uploaded files in the volume ${life.webui}: 3 files`);
  expect(s3.keys(BUCKET)).toEqual(keys);
  s3.stop();
  await readable();
});
