/** A whole deployment on a platform that only records: products say what they need, and know no engine. */

import * as pulumi from '@pulumi/pulumi';
import { Deployment, type DeploymentArgs } from '../../components/deployment.ts';
import type { NetworkSpec, Platform, VolumeSpec } from '../../platform/platform.ts';
import type { Workload } from '../../platform/workload.ts';
import { named, type Registration, record, shape } from '../support/mocks.ts';

interface Recorded {
  networks: [string, NetworkSpec][];
  volumes: [string, VolumeSpec][];
  servers: [string, Workload][];
}

/** A platform without an engine. */
function recordingPlatform(): { platform: Platform; recorded: Recorded } {
  const recorded: Recorded = { networks: [], volumes: [], servers: [] };
  return {
    recorded,
    platform: {
      network(name, spec) {
        recorded.networks.push([name, spec]);
        return { name: pulumi.output(spec.name), subnets: pulumi.output(['172.30.0.0/24']) };
      },
      volume(name, spec) {
        recorded.volumes.push([name, spec]);
        return pulumi.output(spec.name);
      },
      server(name, workload, { parent }) {
        recorded.servers.push([name, workload]);
        const instances = pulumi.output({ container: `${workload.name}.1` });
        return { host: `${workload.name}.example`, instances, resource: parent as pulumi.Resource };
      },
    },
  };
}

async function deploy(args: Omit<DeploymentArgs, 'platform'> = {}) {
  const { platform, recorded } = recordingPlatform();
  const { resources, result } = await record(() => new Deployment('chat', { platform, ...args }));
  return { resources, deployment: result, ...recorded };
}

const docker = (resources: readonly Registration[]) => resources.filter(({ type }) => type.startsWith('docker:'));
const valueIn = <T>(output: pulumi.Input<T>) =>
  new Promise<T>((resolve) => pulumi.output(output).apply((value) => resolve(value as T)));

it('tells Open WebUI the address that people open, unless it is the published one', async () => {
  const urlOf = async (url?: string) => {
    const { resources } = await record(() => new Deployment('chat', { webui: { url } }));
    const envs = named(resources, 'chat-webui-container').inputs['envs'] as string[];
    return envs.find((line) => line.startsWith('WEBUI_URL='));
  };
  expect(await urlOf('https://chat.example.com')).toBe('WEBUI_URL=https://chat.example.com');
  expect(await urlOf()).toBeUndefined();
  // As the program of a stack file gives it.
  expect(await urlOf('http://127.0.0.1:3000')).toBeUndefined();
});

it('tells the web UI whether another Valkey takes over', async () => {
  const timeoutOf = async (highAvailability: boolean) => {
    const { servers } = await deploy({ valkey: { highAvailability } });
    return servers.find(([name]) => name === 'chat-webui')?.[1].env?.['REDIS_SOCKET_TIMEOUT'];
  };
  expect([await timeoutOf(true), await timeoutOf(false)]).toEqual(['15', undefined]);
});

it('registers nothing of Docker by itself', async () => {
  for (const hardening of ['standard', 'strict'] as const)
    expect(docker((await deploy({ hardening })).resources)).toEqual([]);
});

it('consists of a network, secrets, Valkey and the web UI', async () => {
  const { resources } = await deploy();
  expect(shape(resources.filter(({ type }) => type.startsWith('openwebui:')))).toEqual([
    ' > chat (Deployment)',
    'chat > chat-network (Network)',
    'chat > chat-secrets (Secrets)',
    'chat > chat-valkey (Valkey)',
    'chat > chat-webui (OpenWebUI)',
  ]);
});

it('names what it creates after itself and the stack, unless it is given names', async () => {
  const { networks, volumes, servers } = await deploy({ valkey: { name: 'redis', volume: 'data' } });
  expect(networks.map(([, { name }]) => name)).toEqual(['chat-test']);
  expect(volumes.map(([name, spec]) => [name, spec.name])).toEqual([
    ['chat-valkey-data', 'data'],
    ['chat-webui-data', 'chat-webui-test'],
  ]);
  expect(servers.map(([name, workload]) => [name, workload.name])).toEqual([
    ['chat-valkey', 'redis'],
    ['chat-webui', 'chat-webui-test'],
  ]);
});

it('puts a strict Valkey on a network of its own with the web UI', async () => {
  const { networks, servers, deployment } = await deploy({ hardening: 'strict' });
  expect(networks.map(([, spec]) => spec)).toEqual([
    { name: 'chat-test', internal: false },
    { name: 'chat-internal-test', internal: true },
  ]);
  const joined = servers.map(([, { networks: list }]) => list.map(({ name }) => valueIn(name)));
  expect(await Promise.all(joined.map((list) => Promise.all(list)))).toEqual([
    ['chat-internal-test'],
    ['chat-test', 'chat-internal-test'],
  ]);
  expect(await Promise.all(deployment.networks.map(valueIn))).toEqual(['chat-test', 'chat-internal-test']);
});

it("answers to the tutorial's name only on a network of its own", async () => {
  const aliases = async (args: DeploymentArgs) =>
    (await deploy(args)).servers[0]?.[1].networks.map((one) => one.aliases);
  const network = { name: 'proxy', external: true };
  expect(await aliases({})).toEqual([['redis']]);
  // Its container's name is there without being asked for.
  expect(await aliases({ network })).toEqual([[]]);
  expect(await aliases({ network, hardening: 'strict' })).toEqual([['redis']]);
  expect(await aliases({ network, valkey: { alias: 'cache' } })).toEqual([['cache']]);
});

it('reaches Valkey at the address that the platform gives', async () => {
  const { deployment } = await deploy({ valkey: { name: 'redis' } });
  const { valkey, webui } = deployment.servers;
  expect(await valueIn(valkey.url)).toMatch(/^redis:\/\/openwebui:.*@redis\.example:6379\/0$/);
  expect(await pulumi.isSecret(pulumi.output(valkey.url))).toBe(true);
  expect(await valueIn(valkey.container)).toBe('redis.1');
  expect(await valueIn(webui.publishedAt)).toBe('http://127.0.0.1:3000');
});

it('states its checks without a word of shell', async () => {
  const { servers } = await deploy();
  expect(servers.map(([, { check }]) => check)).toEqual([
    { kind: 'exec', command: ['valkey-cli', '-p', '6379', 'ping'], well: 'PONG', hung: 'BUSY' },
    { kind: 'httpGet', port: 8080, ready: '/ready', live: '/health' },
  ]);
});

it('lets a transform change what it asks of the platform', async () => {
  const { servers, volumes, networks } = await deploy({
    network: { transform: { network: (spec) => ({ ...spec, internal: true }) } },
    webui: {
      transform: {
        server: (workload) => ({ ...workload, hostAliases: ['ldap.internal'] }),
        volume: (volume) => ({ ...volume, name: 'shared' }),
      },
    },
  });
  expect(servers[1]?.[1].hostAliases).toEqual(['ldap.internal']);
  expect(volumes[1]?.[1].name).toBe('shared');
  expect(networks[0]?.[1].internal).toBe(true);
});

it('takes over what a state has at its top, from before there was a Deployment', async () => {
  const { resources } = await deploy();
  const aliases = resources.flatMap(({ name, aliases: list }) => list.map((alias) => [name, alias]));
  expect(aliases).toEqual([
    ['chat-network', 'network'],
    ['chat-secrets', 'secrets'],
    ['chat-valkey', 'valkey'],
    ['chat-webui', 'webui'],
  ]);
});

it('runs without passwords when it is asked to', async () => {
  jest.spyOn(console, 'warn').mockImplementation();
  const { deployment } = await deploy({ valkey: { auth: false } });
  expect(deployment.servers.valkey.operatorPassword).toBe('');
  expect(await valueIn(deployment.servers.valkey.url)).not.toContain('@');
});
