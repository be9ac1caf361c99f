/** A stack with an image that a registry gives only to whom it knows. */

import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { which } from '../../system/exec.mjs';
import { Deployment, IMAGES } from '../support/deployment.ts';
import { docker, inspect, objectsOf } from '../support/docker.ts';
import { type Registry, startRegistry } from '../support/registry.ts';

jest.setTimeout(600_000);

const [WRONG, FIRST, SECOND] = ['wrong', 'first', 'second'].map((name) => `${name}-password-4711`) as [
  string,
  string,
  string,
];

let registry: Registry;
let life: Deployment;
let image: string;

beforeAll(async () => {
  registry = await startRegistry(FIRST);
  image = registry.push(IMAGES.valkey, 'chat/valkey:8.1');
  life = await Deployment.create('registry');
  life.config.valkey['image'] = image;
  life.config.registries = { [registry.address]: { username: registry.username } };
  // Stands before the docker command, and notes what each gets.
  const folder = join(life.dir, 'noting');
  mkdirSync(folder);
  const note = `echo "$DOCKER_CONFIG|$*" >> ${join(life.dir, 'commands')}`;
  writeFileSync(join(folder, 'docker'), `#!/bin/sh\n${note}\nexec ${which('docker')} "$@"\n`);
  chmodSync(join(folder, 'docker'), 0o755);
  life.env['PATH'] = `${folder}:${process.env['PATH']}`;
});

afterAll(async () => {
  await life?.remove();
  registry?.stop();
  await docker('rmi', image).catch(() => {});
});

const setPassword = (password: string) => life.setSecret(`registries["${registry.address}"].password`, password);

const failure = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'nothing failed',
    (error: Error) => error.message,
  );

/** The docker commands so far, each with its own settings. */
const commands = () =>
  readFileSync(join(life.dir, 'commands'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => ({ folder: line.split('|')[0] ?? '', args: line.slice(line.indexOf('|') + 1) }));

/** A password as it is, and as the registry's protocol writes it. */
const formsOf = (password: string) => [
  password,
  Buffer.from(password).toString('base64'),
  Buffer.from(`${registry.username}:${password}`).toString('base64'),
];

it('is refused with a wrong password, in a preview as well, before anything is there', async () => {
  await setPassword(WRONG);
  for (const message of [await failure(life.preview()), await failure(life.up())]) {
    expect(message).toContain('A private registry cannot be used. Nothing was created or changed.');
    expect(message).toContain(`${registry.address} rejects the user name or password of the stack`);
    expect(message).not.toContain(WRONG);
  }
  expect(await objectsOf(life.stack)).toEqual({ containers: [], networks: [], volumes: [] });
  await expect(docker('image', 'inspect', image)).rejects.toThrow();
});

it('pulls with the right one, as `npm run up` leaves it to the program, and another update and a refresh find nothing to do', async () => {
  await setPassword(FIRST);
  const { code, stdout, stderr } = await life.command('up');
  expect([code, stdout + stderr]).toEqual([0, expect.stringContaining('Open WebUI is at')]);
  const pulls = commands().filter(({ args }) => args.startsWith('pull '));
  expect(pulls.map(({ args }) => args)).toEqual([`pull --quiet ${image}`]);
  expect((await inspect('container', life.valkey)).Config.Image).toBe(image);
  await life.expectUnchanged();
  await life.expectNoDrift();
  expect(await life.up()).toEqual([]);
});

it('shows the password nowhere, and leaves no file with it', async () => {
  const shown = [
    await life.pulumi(['stack', 'export']),
    await life.preview('--json'),
    await life.preview('--diff'),
    life.said,
    await docker('inspect', life.valkey, life.webui),
    readFileSync(join(life.dir, 'commands'), 'utf8'),
  ].join('\n');
  for (const form of [WRONG, FIRST].flatMap(formsOf)) expect(shown).not.toContain(form);
  const signed = commands().filter(({ args }) => /^(login|pull) /.test(args));
  expect(signed.length).toBeGreaterThan(4);
  expect(signed.filter(({ folder }) => folder === '' || existsSync(folder))).toEqual([]);
});

it('has other passwords without a change of a server', async () => {
  const { Id: before } = await inspect('container', life.valkey);
  registry.setPassword(SECOND);
  expect(await failure(life.up())).toContain('rejects the user name or password of the stack');
  await setPassword(SECOND);
  expect(await life.up()).toEqual([]);
  expect((await inspect('container', life.valkey)).Id).toBe(before);
  await life.expectUnchanged();
});
