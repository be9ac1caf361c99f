/** Uploaded files in a bucket: what is refused, and what is registered. */

import * as pulumi from '@pulumi/pulumi';
import { Deployment, type DeploymentArgs } from '../../components/deployment.ts';
import type { Docker } from '../../docker/client.ts';
import type { Found } from '../../docker/inventory.ts';
import { faultOf, type Seen } from '../../preflight/bucket.ts';
import { ofStackFile } from '../../preflight/origin.ts';
import { requireUploads } from '../../preflight/uploads.ts';
import { parse } from '../../settings/parse.ts';
import { isSecret, named, record, revealed } from '../support/mocks.ts';
import { problem, refusal, source } from '../support/settings.ts';

const ENDPOINT = 'https://s3.example.com';
const SECRET = 'very-secret-0123456789';
const KEYS = { accessKey: 'AKIAIOSFODNN7EXAMPLE', secretKey: SECRET };
const s3 = (storage: Record<string, unknown> = {}, env: Record<string, unknown> = {}) => ({
  storage: { kind: 's3', bucket: 'example-chat', endpoint: ENDPOINT, ...KEYS, ...storage },
  webui: { env },
});

describe('settings', () => {
  it('have no bucket by default', () => {
    expect(parse(source({})).storage).toEqual({ kind: 'local', prefix: 'open-webui-test', addressing: 'auto' });
  });

  it('take a bucket with encrypted keys, and another one without any at AWS', () => {
    expect(parse(source(s3(), ['storage'])).storage).toMatchObject({ bucket: 'example-chat', ...KEYS });
    expect(parse(source({ storage: { kind: 's3', bucket: 'example-chat' } })).storage.accessKey).toBeUndefined();
  });

  it.each([
    ['https://s3.example.com/', ENDPOINT],
    ['http://minio:9000', 'http://minio:9000'],
    ['https://x.example.com/storage/v1/s3/', 'https://x.example.com/storage/v1/s3'],
  ])('take the endpoint %s', (endpoint, read) => {
    expect(parse(source(s3({ endpoint }), ['storage'])).storage.endpoint).toBe(read);
  });

  it.each([
    ['s3.example.com'],
    ['s3://example-chat'],
    ['https://key:secret@s3.example.com'],
    ['https://s3.example.com/?region=a'],
  ])('refuse the endpoint %s', (endpoint) => {
    const message = refusal(s3({ endpoint }), ['storage']);
    expect(message).toContain('open-webui:storage.endpoint\n');
    expect(message).toContain('an http:// or https:// address without user, password, bucket and query');
    expect(message).not.toContain('key:secret');
  });

  it.each(['Example', 'a', 's3://example-chat', 'example..chat', '10.0.0.1', 'example_chat', '-example'])(
    'refuse the bucket %s',
    (bucket) => {
      expect(refusal(s3({ bucket }), ['storage'])).toContain(
        'write only the name, such as "example-chat"; the server is named in storage.endpoint',
      );
    },
  );

  it.each(['/chat', 'a//b', '../b', 'a b', ''])('refuse the prefix "%s"', (prefix) => {
    expect(refusal(s3({ prefix }), ['storage'])).toContain('open-webui:storage.prefix\n');
  });

  it('refuse a secret in clear, and never repeat it', () => {
    const [key, given, allowed, fix] = problem(s3());
    expect(key).toBe('open-webui:storage.secretKey');
    expect(given).toBe(
      '(not shown: it may be a secret) (in plain text it would show in the stack file, and anyone who knows it can read all files)',
    );
    expect(allowed).toBe('an encrypted value');
    expect(fix).toContain('pulumi config set --secret --path open-webui:storage.secretKey');
    expect(refusal(s3())).not.toContain(SECRET);
  });

  it.each([
    [{ bucket: undefined }, 'bucket', 'the name of a bucket that exists'],
    [{ secretKey: undefined }, 'secretKey', 'both storage.accessKey and storage.secretKey'],
    [{ accessKey: undefined }, 'accessKey', 'both storage.accessKey and storage.secretKey'],
    [{ accessKey: undefined, secretKey: undefined }, 'accessKey', 'both storage.accessKey and storage.secretKey'],
  ])('say what is missing: %j', (change, key, allowed) => {
    const [path, , ...rest] = problem(s3(change), ['storage']);
    expect([path, rest[0]]).toEqual([`open-webui:storage.${key}`, allowed]);
  });

  it('take the keys of AWS own variables', () => {
    const given = s3({ accessKey: undefined, secretKey: undefined }, { AWS_ACCESS_KEY_ID: 'a' });
    expect(() => parse(source(given))).not.toThrow();
  });

  it.each([
    ['http://localhost:9000', 'write it as "http://host.docker.internal:9000"'],
    ['http://127.0.0.1:9000', 'write it as "http://host.docker.internal:9000"'],
    ['https://example-chat.s3.example.com', 'write it as "https://s3.example.com"'],
    ['https://s3.example.com/example-chat', 'write it as "https://s3.example.com"'],
  ])('refuse an endpoint that leads elsewhere: %s', (endpoint, fix) => {
    const given = { ...s3({ accessKey: undefined, secretKey: undefined, endpoint }, { AWS_PROFILE: 'a' }) };
    const [path, , , said] = problem(given);
    expect([path, said]).toEqual(['open-webui:storage.endpoint', fix]);
  });

  it.each([
    ['S3_BUCKET_NAME', 'bucket'],
    ['S3_SECRET_ACCESS_KEY', 'secretKey'],
    ['STORAGE_PROVIDER', 'kind'],
  ])('refuse %s beside a bucket', (name, setting) => {
    const message = refusal(s3({}, { [name]: 'given-twice' }), ['storage', 'webui']);
    expect(message).toContain(`open-webui:webui.env.${name}\n`);
    expect(message).toContain(`remove it and set storage.${setting}`);
    expect(message).not.toContain('given-twice');
  });

  it('leave variables of one’s own alone without it, and refuse what would say nothing', () => {
    expect(() => parse(source({ webui: { env: { STORAGE_PROVIDER: 's3', S3_BUCKET_NAME: 'b' } } }))).not.toThrow();
    expect(problem({ storage: { bucket: 'example-chat' } })).toEqual([
      'open-webui:storage.bucket',
      '(not shown: it may be a secret) (storage.kind is local)',
      'absent, or storage.kind: s3',
      'set storage.kind to s3, or remove it',
    ]);
  });
});

describe('a deployment', () => {
  const webuiOf = async (args: DeploymentArgs) => {
    const { resources } = await record(() => new Deployment('chat', args));
    const { envs, uploads } = named(resources, 'chat-webui-container').inputs;
    return { envs: revealed(envs) as string[], uploads, files: JSON.stringify(revealed(uploads)) };
  };

  it('without a bucket knows nothing of one', async () => {
    const { envs, files } = await webuiOf({ storage: { kind: 'local', prefix: 'a' } });
    expect(envs.filter((one) => /S3_|STORAGE/.test(one))).toEqual([]);
    expect(files).not.toContain('S3_');
  });

  it('with one has its keys in the secret file alone', async () => {
    const { envs, uploads, files } = await webuiOf({
      storage: { kind: 's3', bucket: 'example-chat', endpoint: ENDPOINT, ...KEYS },
    });
    expect(envs.filter((one) => /S3_|STORAGE/.test(one)).sort()).toEqual([
      'S3_BUCKET_NAME=example-chat',
      `S3_ENDPOINT_URL=${ENDPOINT}`,
      'S3_KEY_PREFIX=chat-webui-test/',
      'STORAGE_LOCAL_CACHE=false',
      'STORAGE_PROVIDER=s3',
    ]);
    expect(files).toContain(`S3_ACCESS_KEY_ID='${KEYS.accessKey}'`);
    expect(files).toContain(`S3_SECRET_ACCESS_KEY='${SECRET}'`);
    const [upload] = (isSecret(uploads) ? revealed(uploads) : uploads) as { content: unknown }[];
    expect(isSecret(uploads) || isSecret(upload?.content)).toBe(true);
  });

  it('lets no variable override it', async () => {
    const { envs } = await webuiOf({
      storage: { kind: 's3', bucket: 'example-chat', region: 'eu-central-1', addressing: 'path' },
      webui: { env: { S3_BUCKET_NAME: 'other', STORAGE_LOCAL_CACHE: 'true' }, secretEnv: { STORAGE_PROVIDER: 'gcs' } },
    });
    expect(envs).toEqual(
      expect.arrayContaining([
        'S3_BUCKET_NAME=example-chat',
        'S3_REGION_NAME=eu-central-1',
        'S3_ADDRESSING_STYLE=path',
        // The deployment does not set this one.
        'STORAGE_LOCAL_CACHE=true',
      ]),
    );
  });

  it('says in its outputs where files are', async () => {
    const { result } = await record(() => new Deployment('chat', { storage: { kind: 's3', bucket: 'example-chat' } }));
    expect(result.servers.webui.bucket).toBe('example-chat');
    expect((await record(() => new Deployment('chat'))).result.servers.webui).not.toHaveProperty('bucket');
  });

  it('refuses a bucket without a name', async () => {
    await expect(record(() => new Deployment('chat', { storage: { kind: 's3' } }))).rejects.toThrow(RangeError);
  });
});

describe('what is wrong with a bucket', () => {
  const given = { bucket: 'example-chat', endpoint: ENDPOINT, region: undefined, accessKey: 'id' };

  it.each<[Seen['step'], string, string, string]>([
    ['connect', 'EndpointConnectionError', `${ENDPOINT} does not answer: why`, 'correct storage.endpoint'],
    ['write', 'InvalidAccessKeyId', `${ENDPOINT} does not know storage.accessKey`, 'correct storage.accessKey'],
    ['write', 'SignatureDoesNotMatch', 'storage.secretKey is not the secret', 'set storage.secretKey again'],
    ['write', 'NoSuchBucket', `${ENDPOINT} has no bucket example-chat`, 'create it with the tools of its server'],
    ['delete', 'AccessDenied', 'storage.accessKey may not delete an object', 'allow s3:PutObject'],
    ['write', 'PermanentRedirect', 'is in another region than us-east-1: why', 'correct storage.region'],
    ['write', 'NoCredentialsError', 'there are no keys', 'set storage.accessKey'],
    ['write', 'SlowDown', 'the web UI could not write an object in the bucket example-chat: SlowDown why', 'check the'],
    ['same', '', 'returns content other', 'check what is in front of'],
  ])('%s %s', (step, code, what, toDo) => {
    const fault = faultOf({ step, code, text: 'why' }, given);
    expect(fault?.what).toContain(what);
    expect(fault?.toDo).toContain(toDo);
  });

  it('is nothing where everything went well', () => {
    expect(faultOf({ step: null }, given)).toBeUndefined();
  });
});

describe('uploaded files that another place would leave behind', () => {
  const present: Found[] = [
    {
      ...{ kind: 'container', name: 'chat', owner: undefined, role: 'server', image: '', runs: true },
      volumes: ['open-webui-test'],
    },
  ];
  let warned: jest.SpyInstance;
  beforeEach(() => {
    warned = jest.spyOn(console, 'warn').mockImplementation();
  });

  /** Why it is refused; undefined when it is not. */
  async function left(given: Record<string, unknown>, env: string[], places: Record<string, number>) {
    const asked: string[] = [];
    const capture: Docker['capture'] = async ([first = '']) => {
      asked.push(first);
      const stdout =
        first === 'exec'
          ? JSON.stringify(places)
          : JSON.stringify([{ State: { Running: true }, Config: { Env: env, Cmd: [] } }]);
      return { code: 0, stdout, stderr: '', all: '', timedOut: false };
    };
    const docker = { capture } as Partial<Docker> as Docker;
    const settings = parse(source(given, ['storage']));
    const { result } = await record(() =>
      requireUploads(docker, settings, present, ofStackFile()).then(
        () => undefined,
        (error: Error) => error,
      ),
    );
    if (result !== undefined) expect(result).toBeInstanceOf(pulumi.RunError);
    return { said: result?.message, asked };
  }

  const AT = ['STORAGE_PROVIDER=s3', 'S3_BUCKET_NAME=example-chat'];

  it('are named on the way into a bucket', async () => {
    const { said } = await left(s3(), [], { data: 3 });
    expect(said).toBe(
      'storage.kind is s3, and the web UI has 3 uploaded files in the volume open-webui-test, which it would no longer find. Nothing was created or changed.\n' +
        '  To move them:         npm run move-files -- --stack test\n' +
        '  To stay:             remove storage.kind\n' +
        '  To drop them:         delete them in the page, then npm run up -- --stack test\n',
    );
  });

  it('are named on the way back', async () => {
    expect((await left({}, AT, { 's3://example-chat': 1 })).said).toContain(
      'storage.kind is local, and the web UI has one uploaded file in s3://example-chat, which it would no longer find.',
    );
  });

  it('are said to be copied into another bucket', async () => {
    expect((await left(s3({ bucket: 'other' }), AT, { 's3://example-chat': 2 })).said).toBeUndefined();
    expect(warned.mock.calls.join()).toContain(
      'The web UI has recorded 2 uploaded files in s3://example-chat, and looks for them in s3://other from now on, under the same keys: copy them there.',
    );
  });

  it('are not asked for where nothing changes', async () => {
    for (const [given, env] of [
      [s3(), AT],
      [{}, []],
      // Variables of one's own.
      [{ webui: { env: { STORAGE_PROVIDER: 's3' } } }, ['STORAGE_PROVIDER=s3']],
    ] as const) {
      const { said, asked } = await left(given, [...env], { data: 1 });
      expect([said, asked.includes('exec')]).toEqual([undefined, false]);
    }
  });

  it('are none', async () => {
    expect((await left(s3(), [], {})).said).toBeUndefined();
  });
});
