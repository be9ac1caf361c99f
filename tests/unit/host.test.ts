/** On which engine a stack lives. */

import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { endpointEnvironment, type Host, hostText } from '../../core/endpoint.ts';
import { ambientEndpoint, resolveHost } from '../../docker/contexts.ts';
import { bindToEngine, requireEngine } from '../../preflight/engine.ts';
import { requireNetwork } from '../../preflight/network.ts';
import { parse } from '../../settings/parse.ts';
import { ENGINE } from '../support/dockerClient.ts';
import { named, type Registration, record } from '../support/mocks.ts';
import { problem, source } from '../support/settings.ts';

const ssh = { address: 'ssh://deploy@a.example.com' };

describe('host', () => {
  it.each([
    'unix:///run/user/1000/docker.sock',
    'ssh://deploy@docker.example.com',
    'ssh://docker.example.com:2222',
    'npipe:////./pipe/docker_engine',
    'ssh://deploy@docker.example.com/run/user/1000/docker.sock',
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
    'ssh://docker.example.com/folder/',
    'tcp://docker.example.com:2376/path',
    7,
  ])('refuses the address %j', (address) => {
    const [key, , allowed] = problem({ host: { address } });
    expect([key, allowed]).toEqual([
      'open-webui:host.address',
      'unix:///PATH, tcp://HOST:PORT, ssh://USER@HOST or ssh://USER@HOST/PATH_OF_THE_SOCKET',
    ]);
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
const bound = async (host: Host) => bindToEngine(host, await requireEngine(host));

/** As {@link bound}; what it throws is its result. */
const tried = (host: Host) => bound(host).catch((error: Error) => error);

const stashes = (resources: readonly Registration[]) =>
  resources.filter(({ type }) => type.endsWith(':Stash')).map(({ name }) => name);
const providers = (resources: readonly Registration[]) =>
  resources.filter(({ type }) => type.startsWith('pulumi:providers:'));

/** What of the environment names an engine. */
const CHOICE = ['DOCKER_HOST', 'DOCKER_CONTEXT', 'DOCKER_CONFIG', 'DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH'];

describe('requireEngine', () => {
  const before = CHOICE.map((name) => [name, process.env[name]] as const);
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'docker-config-'));
    for (const name of CHOICE) delete process.env[name];
    process.env['DOCKER_CONFIG'] = dir;
  });
  afterEach(() => {
    rmSync(dir, { recursive: true });
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  /** The provider's inputs with a choice in the environment. */
  async function given(choice: Record<string, string>) {
    Object.assign(process.env, choice);
    const { resources } = await record(() => requireEngine({}), { networks: ['none'] });
    for (const name of Object.keys(choice)) delete process.env[name];
    const [provider, ...others] = providers(resources);
    expect(others).toEqual([]);
    return { name: provider?.name, ...provider?.inputs } as Record<string, unknown>;
  }

  it('leaves the default engine to the provider, and nothing to the variables that it reads otherwise than docker', async () => {
    const own = { name: 'engine', context: '', certPath: '' };
    expect(await given({})).toEqual(own);
    expect(await given({ DOCKER_CONTEXT: 'default', DOCKER_CERT_PATH: '/certificates' })).toEqual(own);
  });

  it('reaches by DOCKER_HOST, DOCKER_CONTEXT and the present context what docker reaches, in one and the same way', async () => {
    const id = createHash('sha256').update('prod').digest('hex');
    const certificates = join(dir, 'contexts', 'tls', id, 'docker');
    mkdirSync(certificates, { recursive: true });
    mkdirSync(join(dir, 'contexts', 'meta', id), { recursive: true });
    const meta = { Name: 'prod', Endpoints: { docker: { Host: 'tcp://10.0.0.5:2376' } } };
    writeFileSync(join(dir, 'contexts', 'meta', id, 'meta.json'), JSON.stringify(meta));
    const expected = { name: 'engine', host: 'tcp://10.0.0.5:2376', certPath: certificates, context: '' };
    expect(await given({ DOCKER_CONTEXT: 'prod' })).toEqual(expected);
    writeFileSync(join(dir, 'config.json'), JSON.stringify({ currentContext: 'prod' }));
    expect(await given({})).toEqual(expected);
    // As the commands hand it on.
    const env = endpointEnvironment(ambientEndpoint({ DOCKER_CONFIG: dir }), {});
    expect(env).toEqual({ DOCKER_HOST: expected.host, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: certificates });
    expect(await given(env as Record<string, string>)).toEqual(expected);
    // TLS without a folder: the docker command looks beside its settings.
    expect((await given({ DOCKER_HOST: 'tcp://a:2376', DOCKER_TLS_VERIFY: '1' }))['certPath']).toBe(dir);
  });

  it('connects to the engine that the file names, and shares its ssh connection', async () => {
    const { resources } = await record(() => requireEngine(ssh), { networks: ['none'] });
    const provider = named(providers(resources), 'engine');
    expect(provider.inputs).toMatchObject({
      host: ssh.address,
      sshOpts: expect.stringContaining('ControlMaster=auto'),
    });
  });

  it('binds the stack to no engine that does not answer', async () => {
    const { resources, result } = await record(() => tried(ssh));
    expect(result).toBeInstanceOf(pulumi.RunError);
    expect(stashes(resources)).toEqual(['address']);
  });

  it('goes on without the host in a preview, and says what it could not check', async () => {
    const warned = jest.spyOn(console, 'warn').mockImplementation();
    const { resources } = await record(
      async () => {
        const engine = await requireEngine(ssh);
        await requireNetwork({ name: 'net', external: true }, engine.opts);
        await bindToEngine(ssh, engine);
      },
      { preview: true, answers: false },
    );
    expect(stashes(resources)).toContain('host');
    expect(warned.mock.calls.join()).toContain('Could not check for the network "net"');
  });
});

describe('bindToEngine', () => {
  const other = { id: 'OTHE:R02', name: 'two' };
  const networks = ['none'];

  it('binds a new stack to what the engine says of itself', async () => {
    const { resources, result } = await record(() => bound({}));
    expect(result).toEqual(ENGINE);
    expect(
      named(
        resources.filter(({ type }) => type.endsWith(':Stash')),
        'engine',
      ).inputs['input'],
    ).toEqual(ENGINE);
  });

  it.each<[string, Host, object]>([
    ['another default socket', {}, { deployedOn: "this machine's default engine" }],
    ['another address', ssh, { deployedOn: ssh.address, address: 'ssh://elsewhere' }],
  ])('refuses another engine by %s, before its address gets into the state', async (_, host, options) => {
    const { resources, result } = await record(() => tried(host), { networks, bound: ENGINE, says: other, ...options });
    expect(result).toBeInstanceOf(pulumi.RunError);
    const text = (result as Error).message;
    expect(text).toContain('The stack test is deployed on the engine of one (ENGI:NE01); ');
    expect(text).toContain(' points to the engine of two (OTHE:R02). Nothing was created or changed');
    expect(resources.filter(({ type }) => type.startsWith('docker:'))).toEqual([]);
    if (host.address) expect(providers(resources)).toEqual([]);
  });

  it('accepts the same engine by another address', async () => {
    const { result } = await record(() => tried(ssh), {
      ...{ networks, bound: ENGINE, deployedOn: 'ssh://deploy@b.example.com', address: 'ssh://deploy@b.example.com' },
    });
    expect(result).toEqual(ENGINE);
  });

  it('lets a preview ask another engine that the stack file does not name, and warns', async () => {
    const warned = jest.spyOn(console, 'warn').mockImplementation();
    const { result } = await record(() => tried({}), { bound: ENGINE, says: other, preview: true });
    expect(result).toEqual(ENGINE);
    expect(warned.mock.calls.join()).toContain('an update would be refused');
  });

  it('takes over a stack from before, which is bound to the text of its file alone', async () => {
    const deployedOn = "this machine's default engine";
    expect((await record(() => bound({}), { deployedOn })).result).toEqual(ENGINE);
    const { resources, result } = await record(() => tried(ssh), {
      networks,
      deployedOn: 'ssh://deploy@b.example.com',
    });
    expect((result as Error).message).toContain(
      'The stack test is deployed on ssh://deploy@b.example.com, and Pulumi.test.yaml now says ssh://deploy@a.example.com. Nothing was created or changed',
    );
    expect(stashes(resources)).not.toContain('engine');
  });
});
