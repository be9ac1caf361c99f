/** On which engine a stack lives. */

import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { hostText } from '../../core/endpoint.ts';
import { ambientEndpoint, resolveHost } from '../../docker/contexts.ts';
import { bindToEngine, requireEngine } from '../../preflight/engine.ts';
import { requireNetwork } from '../../preflight/network.ts';
import { parse } from '../../settings/parse.ts';
import { named, record } from '../support/mocks.ts';
import { problem, source } from '../support/settings.ts';

const ssh = { address: 'ssh://deploy@a.example.com' };

describe('host', () => {
  it.each([
    'unix:///run/user/1000/docker.sock',
    'ssh://deploy@docker.example.com',
    'ssh://docker.example.com:2222',
    'npipe:////./pipe/docker_engine',
  ])('accepts %s', (address) => {
    expect(parse(source({ host: { address } })).host).toEqual({ address });
  });

  it.each([
    'docker.example.com',
    'http://docker.example.com:2375',
    'tcp://docker.example.com',
    'unix://var',
    'ssh://',
    'ssh://deploy:word@docker.example.com',
    'ssh://docker.example.com/path',
    7,
  ])('refuses the address %j', (address) => {
    const [key, , allowed] = problem({ host: { address } });
    expect([key, allowed]).toEqual(['open-webui:host.address', 'unix:///PATH, tcp://HOST:PORT or ssh://USER@HOST']);
  });

  it('refuses an engine over TCP that asks for no certificate', () => {
    expect(problem({ host: { address: 'tcp://10.0.0.5:2375' } })).toEqual([
      'open-webui:host.address',
      '"tcp://10.0.0.5:2375" (anyone who reaches an engine without client certificates is root on its host)',
      'tcp:// with host.certificates, or ssh://',
      'set host.certificates, or write an ssh:// address',
    ]);
  });

  it('refuses certificates where nothing asks for them, and a context beside an address', () => {
    expect(problem({ host: { certificates: '/etc/docker' } })[0]).toBe('open-webui:host.certificates');
    expect(problem({ host: { context: 'prod', address: 'ssh://a' } })[0]).toBe('open-webui:host');
    expect(problem({ host: { context: 'a b' } })[0]).toBe('open-webui:host.context');
    expect(problem({ host: { address: 'ssh://a', certificates: 'here' } })[0]).toBe('open-webui:host.certificates');
  });

  it('says where the page of a remote host is', () => {
    const url = (address: string, publish: object) =>
      parse(source({ host: { address }, webui: { publish } })).webui.url;
    expect(url('ssh://deploy@docker.example.com', { address: '0.0.0.0' })).toBe('http://docker.example.com:3000');
    expect(url('ssh://deploy@docker.example.com', {})).toBe('http://127.0.0.1:3000');
    expect(url('unix:///var/run/docker.sock', { address: '0.0.0.0' })).toBe('http://127.0.0.1:3000');
  });
});

describe('resolveHost', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'docker-config-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  /** Stores a context as the docker command does; returns the folder of its certificates. */
  function createContext(name: string, address: string): string {
    const id = createHash('sha256').update(name).digest('hex');
    mkdirSync(join(dir, 'contexts', 'meta', id), { recursive: true });
    const meta = { Name: name, Endpoints: { docker: { Host: address } } };
    writeFileSync(join(dir, 'contexts', 'meta', id, 'meta.json'), JSON.stringify(meta));
    return join(dir, 'contexts', 'tls', id, 'docker');
  }

  it('is this machine by default', () => {
    expect(resolveHost({}, 'a file', { DOCKER_CONFIG: dir })).toEqual({});
    expect(hostText({})).toBe("this machine's default engine");
  });

  it('finds a context as the docker command has stored it, with its certificates', () => {
    const env = { DOCKER_CONFIG: dir };
    const find = () => resolveHost({ context: 'prod' }, 'Pulumi.test.yaml', env);
    expect(find).toThrow('There is no Docker context "prod" on this machine');
    const certificates = createContext('prod', 'tcp://10.0.0.5:2376');
    const by = 'Pulumi.test.yaml (the Docker context prod)';
    expect(find()).toEqual({ by, address: 'tcp://10.0.0.5:2376' });
    mkdirSync(certificates, { recursive: true });
    expect(find()).toEqual({ by, address: 'tcp://10.0.0.5:2376', certificates });
  });

  it('follows DOCKER_HOST, then DOCKER_CONTEXT, then the present context, with their certificates', () => {
    const certificates = createContext('prod', 'tcp://10.0.0.5:2376');
    mkdirSync(certificates, { recursive: true });
    createContext('other', 'ssh://deploy@other');
    writeFileSync(join(dir, 'config.json'), JSON.stringify({ currentContext: 'prod' }));
    const env = { DOCKER_CONFIG: dir };
    expect(ambientEndpoint(env)).toEqual({
      by: 'the Docker context "prod"',
      address: 'tcp://10.0.0.5:2376',
      certificates,
    });
    expect(ambientEndpoint({ ...env, DOCKER_CONTEXT: 'other' }).address).toBe('ssh://deploy@other');
    expect(ambientEndpoint({ ...env, DOCKER_CONTEXT: 'default' })).toEqual({});
    const tls = { DOCKER_HOST: 'tcp://10.0.0.9:2376', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/certs' };
    expect(ambientEndpoint({ ...env, ...tls })).toEqual({
      by: 'DOCKER_HOST',
      address: 'tcp://10.0.0.9:2376',
      certificates: '/certs',
    });
  });

  it('refuses certificates that are not there', () => {
    const host = { address: 'tcp://10.0.0.5:2376', certificates: dir };
    expect(() => resolveHost(host)).toThrow(
      `${dir} lacks ca.pem, cert.pem, key.pem; host.certificates is a folder with all three.`,
    );
    for (const name of ['ca.pem', 'cert.pem', 'key.pem']) writeFileSync(join(dir, name), '');
    expect(resolveHost(host).certificates).toBe(dir);
  });
});

/** What the program does with an engine. */
const bound = async (host: typeof ssh) => {
  await requireEngine(host);
  await bindToEngine(host);
};

describe('requireEngine', () => {
  it('takes the default engine without a provider of its own', async () => {
    const { resources, result } = await record(() => requireEngine({}));
    expect(resources).toEqual([]);
    expect(result.opts).toEqual({});
  });

  it('connects to another one, and shares its ssh connection', async () => {
    const { resources, result } = await record(() => requireEngine(ssh), { networks: ['none'] });
    const provider = named(resources, `engine ${ssh.address}`);
    expect(provider.type).toBe('pulumi:providers:docker');
    expect(provider.inputs).toMatchObject({
      host: ssh.address,
      sshOpts: expect.stringContaining('ControlMaster=auto'),
    });
    expect(result.opts.provider).toBeDefined();
  });

  it('binds the stack to no engine that does not answer', async () => {
    const { resources, result } = await record(() => bound(ssh).catch((error: Error) => error));
    expect(result).toBeInstanceOf(pulumi.RunError);
    expect(resources.map(({ name }) => name)).not.toContain('host');
  });

  it('goes on without the host in a preview, and says what it could not check', async () => {
    const warned = jest.spyOn(console, 'warn').mockImplementation();
    const { resources } = await record(
      async () => {
        await requireNetwork({ name: 'net', external: true }, (await requireEngine(ssh)).opts);
        await bindToEngine(ssh);
      },
      { preview: true, answers: false },
    );
    expect(resources.map(({ name }) => name)).toContain('host');
    expect(warned.mock.calls.join()).toContain('Could not check for the network "net"');
  });

  it('refuses another engine than that on which the stack is', async () => {
    const { resources, result } = await record(() => bound(ssh).catch((error: Error) => error), {
      networks: ['none'],
      deployedOn: 'ssh://deploy@b.example.com',
    });
    expect(result).toBeInstanceOf(pulumi.RunError);
    expect((result as Error).message).toContain(
      'The stack test is deployed on ssh://deploy@b.example.com, and Pulumi.test.yaml now says ssh://deploy@a.example.com. Nothing was created or changed',
    );
    expect(resources.filter(({ type }) => type.startsWith('docker:'))).toEqual([]);
  });
});
