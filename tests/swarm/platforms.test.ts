/** One host from containers to services of Swarm and back: users stay signed in, and find their chats and files. */

import { createHash } from 'node:crypto';
import { OneNode } from '../support/oneNode.ts';

jest.setTimeout(900_000);

const TITLE = 'written before the platform changed';
const CONTENT = 'uploaded before the platform changed';
const PERSON = { name: 'Ann', email: 'ann@example.com', password: 'a password of Ann', role: 'user' };

let node: OneNode;
/** Ids of the chat and of the uploaded file. */
let chat: string;
let file: string;
/** Of the session that was signed out. */
let signedOut: string;

beforeAll(async () => {
  node = await OneNode.start('platforms');
});
afterAll(() => node?.stop());

/** A form with one file, as a browser sends it. */
function upload(content: string) {
  const boundary = createHash('sha256').update(content).digest('hex');
  const head = `Content-Disposition: form-data; name="file"; filename="notes.txt"\r\nContent-Type: text/plain`;
  return {
    method: 'POST',
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: `--${boundary}\r\n${head}\r\n\r\n${content}\r\n--${boundary}--\r\n`,
  };
}

/** Status of what a token is answered. */
const statusFor = async (token: string): Promise<number> =>
  (await node.client.ask('/api/v1/auths/', { headers: { authorization: `Bearer ${token}` } })).status;

/** With the first session: no second sign-in. */
async function expectAllThere(): Promise<void> {
  const { client } = node;
  expect(await client.request('GET', `/api/v1/chats/${chat}`)).toMatchObject({ chat: { title: TITLE } });
  expect((await client.ask(`/api/v1/files/${file}/content`)).body).toBe(CONTENT);
  expect(await statusFor(signedOut)).toBe(401);
  const { users } = (await client.request('GET', '/api/v1/users/all')) as { users: { email: string }[] };
  expect(users.map(({ email }) => email)).toContain(PERSON.email);
}

/** Fingerprint of the certificate of the gateway's own authority, which browsers have learned to trust. */
const authority = (): string =>
  node.engine.docker(
    ...['run', '--rm', '--volume', `caddy-data-${node.life.stack}:/data:ro`, '--entrypoint', 'sha256sum'],
    ...[node.life.config.webui['image'] as string, '/data/caddy/pki/authorities/local/root.crt'],
  );

let root: string;

it('runs in containers, where somebody has a chat and a file', async () => {
  const { life, client } = node;
  node.useDocker();
  await life.up();
  await node.signIn();
  signedOut = client.token ?? '';
  await client.request('POST', '/api/v1/auths/signout');
  await node.signIn();
  await client.request('POST', '/api/v1/auths/add', { ...PERSON, profile_image_url: '/user.png' });
  ({ id: chat } = (await client.request('POST', '/api/v1/chats/new', { chat: { title: TITLE } })) as { id: string });
  ({ id: file } = JSON.parse((await client.ask('/api/v1/files/?process=false', upload(CONTENT))).body));
  await expectAllThere();
  root = authority();
});

it('goes on as services, after a backup and without another sign-in', async () => {
  const { life, engine } = node;
  expect(await node.command('backup', '--to', 'before-swarm')).toMatch(/\.tar\.gz/);
  await node.command('down');
  expect(engine.docker('ps', '--all', '--quiet')).toBe('');
  node.useSwarm(2);
  await life.up();
  await node.settled(2);
  await node.expectVerified();
  await expectAllThere();
  expect(authority()).toBe(root);
  await life.expectUnchanged();
});

it('goes back to containers the same way', async () => {
  const { life, engine } = node;
  expect(await node.command('backup', '--to', 'before-docker')).toMatch(/\.tar\.gz/);
  await node.command('down');
  expect(engine.docker('service', 'ls', '--quiet')).toBe('');
  node.useDocker();
  await life.up();
  await node.expectVerified();
  await expectAllThere();
  expect(authority()).toBe(root);
  await life.expectUnchanged();
  expect(engine.containers(life.stack)).toHaveLength(4);
});
