/** Three Valkeys instead of one: another one takes over, no user is signed in or out by that, and the way back keeps the data. */

import { once } from 'node:events';
import { connect } from 'node:net';
import { balancerNameOf, initContainerOf } from '../../core/names.ts';
import { until } from '../../core/until.ts';
import { serverNames, VALKEY_PORT } from '../../core/valkey.ts';
import type { Session } from '../../ops/webui.ts';
import { BALANCER, Deployment } from '../support/deployment.ts';
import { docker, inspect, objectsOf } from '../support/docker.ts';
import { drift } from '../support/recovery.ts';
import { faultOf, isRefused, primaryOf, signalServer, signedOut } from '../support/valkeys.ts';

jest.setTimeout(600_000);

let life: Deployment;
let guest: Session;

beforeAll(async () => {
  life = await Deployment.create('valkeys');
  life.config.valkey = { ...life.config.valkey, highAvailability: true, balancer: { image: BALANCER } };
});

afterAll(async () => {
  await life?.remove();
});

it('runs one primary with two replicas, and proves it', async () => {
  await life.up();
  const names = [...serverNames(life.valkey), balancerNameOf(life.valkey)];
  const { containers } = await objectsOf(life.stack);
  expect(containers).toEqual([life.webui, ...names, ...names.map(initContainerOf)].sort());
  expect(await life.failedChecks()).toEqual([]);
  guest = await signedOut(life);
  expect(await isRefused(guest)).toBe(true);
});

it('changes nothing when it is applied again, and finds no drift', async () => {
  expect(await life.up()).toEqual([]);
  await life.expectNoDrift();
  expect((await drift(life)).code).toBe(0);
});

it('shows no password', async () => {
  const names = [...serverNames(life.valkey), balancerNameOf(life.valkey)];
  const seen = (await Promise.all(names.map((name) => docker('inspect', name)))).join();
  const { deployment } = JSON.parse(await life.pulumi(['stack', 'export', '--show-secrets'])) as {
    deployment: { resources: { type: string; outputs?: { result?: { plaintext: string } } }[] };
  };
  const secrets = deployment.resources.flatMap(({ outputs }) =>
    outputs?.result?.plaintext === undefined ? [] : [JSON.parse(outputs.result.plaintext) as string],
  );
  expect(secrets).toHaveLength(7);
  expect(secrets.filter((secret) => seen.includes(secret))).toEqual([]);
});

it('keeps connections of the web UI to the primary alone, as a replica has no events', async () => {
  const { name, password } = await life.application();
  const primary = await primaryOf(life);
  const subscribed = async (server: string) => {
    const { NetworkSettings } = await inspect('container', server);
    const [{ IPAddress }] = Object.values(NetworkSettings.Networks) as [{ IPAddress: string }];
    const socket = connect(VALKEY_PORT, IPAddress).on('error', () => {});
    const one = { server, socket, heard: '', closed: once(socket, 'close') };
    socket.on('data', (data) => {
      one.heard += data;
    });
    socket.write(`AUTH ${name} ${password}\r\nSUBSCRIBE socketio\r\n`);
    return one;
  };
  const all = await Promise.all(serverNames(life.valkey).map(subscribed));
  try {
    await Promise.all(all.filter(({ server }) => server !== primary).map(({ closed }) => closed));
    expect(all.filter(({ socket }) => !socket.destroyed).map(({ server }) => server)).toEqual([primary]);
    const heard = () => all.find(({ server }) => server === primary)?.heard;
    expect(await until(heard, (text) => text?.includes('subscribe') ?? false, { seconds: 10 })).toContain('subscribe');
  } finally {
    for (const { socket } of all) socket.destroy();
  }
});

it('goes on when the primary is killed, and still refuses a token that was signed out', async () => {
  const before = await primaryOf(life);
  await signalServer(before, 'KILL');
  const { check } = await life.verify();
  expect(check('websocket')).toMatchObject({ ok: true });
  expect(await primaryOf(life)).not.toBe(before);
  expect(await faultOf(life)).toBeUndefined();
  expect(await isRefused(guest)).toBe(true);
});

it('goes back to one Valkey that has it all, and refuses the token still', async () => {
  life.config.valkey['highAvailability'] = false;
  await life.up();
  const { containers } = await objectsOf(life.stack);
  expect(containers).toEqual([life.valkey, life.webui].sort());
  expect(await life.failedChecks()).toEqual([]);
  expect(await isRefused(guest)).toBe(true);
});

it('becomes three again with the data of the one', async () => {
  life.config.valkey['highAvailability'] = true;
  await life.up();
  expect(await life.failedChecks()).toEqual([]);
  expect(await isRefused(guest)).toBe(true);
  await life.destroy();
});
