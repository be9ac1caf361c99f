/** What an update that is in progress has made is no stand-in. */

import type { Docker } from '../../docker/client.ts';
import { compare } from '../../ops/drift/compare.ts';
import { readState } from '../../ops/drift/state.ts';
import type { Pulumi } from '../../ops/pulumi.ts';

const labels = { 'com.pulumi.project': 'chat', 'com.pulumi.stack': 'dev' };

/** The state while an update replaces a container and a network: both old ones are removed, and noted as such. */
const resources = (pendingReplacement: boolean) =>
  [
    ['docker:index/container:Container', 'chat-webui-container', 'open-webui'],
    ['docker:index/network:Network', 'chat-network', 'net'],
  ].map(([type = '', urn, name]) => ({
    urn: `urn:pulumi:dev::chat::${type}::${urn}`,
    ...{ type, id: 'old', inputs: { name, image: 'webui:1', mustRun: false }, pendingReplacement },
  }));

/** An engine that has the new ones. */
const docker = {
  endpoint: {},
  // Nothing of others.
  run: async () => '',
  capture: async ([kind]: readonly string[]) => {
    const container = {
      ...{ Id: 'new', Name: '/open-webui', Image: 'sha256:1', Mounts: [], State: { Status: 'running' } },
      Config: { Image: 'webui:1', Labels: labels },
      HostConfig: { LogConfig: { Type: 'json-file' }, RestartPolicy: { Name: '' } },
      NetworkSettings: { Networks: {} },
    };
    const found = { container: [container], network: [{ Id: 'new', Name: 'net', Labels: labels }] }[kind ?? ''] ?? [];
    return { code: 0, stdout: JSON.stringify(found), stderr: '', all: '', timedOut: false };
  },
} as unknown as Docker;

const removed = async (pending: boolean, options?: { settled: boolean }) =>
  (await compare(docker, resources(pending), options)).repair.remove.map(({ kind }) => kind).sort();

it('is removed only when no update can be under way', async () => {
  expect(await removed(true)).toEqual([]);
  expect(await removed(true, { settled: true })).toEqual(['container', 'network']);
  expect(await removed(false)).toEqual(['container', 'network']);
});

it('is named as such', async () => {
  const { differences } = await compare(docker, resources(true));
  expect(differences.filter(({ what }) => what === 'itself').map(({ found }) => found)).toEqual([
    'one of an update that is in progress or was killed',
    'one of an update that is in progress or was killed',
  ]);
});

it('knows by its component how many processes a container may have, which the provider does not', async () => {
  const noted = { instances: { container: 'open-webui' }, pidsLimit: 2048 };
  const component = { urn: 'urn:pulumi:dev::chat::openwebui:index:OpenWebUI::chat-webui', type: 'x', outputs: noted };
  const { differences } = await compare(docker, [...resources(false), component]);
  expect(differences).toContainEqual({
    ...{ object: 'container open-webui', what: 'limit of processes' },
    ...{ expected: '2048', found: 'unlimited' },
  });
});

it.each([
  ['a container that is being replaced', { resources: resources(true) }, true],
  ['a pending operation', { resources: resources(false), pending_operations: [{}] }, true],
  ['neither', { resources: resources(false) }, false],
])('shows in the state by %s', async (_, deployment, updating) => {
  const stdout = JSON.stringify({ deployment });
  const pulumi = { workspace: {}, capture: async () => ({ code: 0, stdout }) } as unknown as Pulumi;
  expect((await readState(pulumi)).updating).toBe(updating);
});
