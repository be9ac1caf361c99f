import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireLasting } from '../../ops/backup/environment.ts';
import { affectedStacks } from '../../ops/ci/affected.ts';
import { joined, putComment } from '../../ops/ci/comment.ts';
import { missing } from '../../ops/ci/credentials.ts';
import { forge, isForbidden } from '../../ops/ci/forge.ts';

describe('stacks that a change touches', () => {
  const stacks = ['prod', 'dev', 'local'];
  it.each([
    ['the file of a stack', ['Pulumi.prod.yaml'], ['prod']],
    ['files of two', ['Pulumi.prod.yaml', 'README.md', 'Pulumi.dev.yaml'], ['dev', 'prod']],
    [
      'documentation and tests',
      ['README.md', 'docs/ci.md', 'docs/examples/a.yml', 'examples/a/index.ts', 'tests/unit/a.test.ts', 'LICENSE'],
      [],
    ],
    ['code', ['components/valkey.ts', 'Pulumi.prod.yaml'], ['dev', 'local', 'prod']],
    ['packages', ['package-lock.json'], ['dev', 'local', 'prod']],
    ['the project', ['Pulumi.yaml'], ['dev', 'local', 'prod']],
    ['the file of a stack that is gone', ['Pulumi.gone.yaml'], []],
    ['nothing', [], []],
  ])('%s', (_, changed, expected) => {
    expect(affectedStacks(changed, stacks)).toEqual(expected);
  });
});

describe('a run that deploys', () => {
  const cloud = { PULUMI_ACCESS_TOKEN: 'x', DOCKER_HOST: 'tcp://engine:2376', RUNNER_ENVIRONMENT: 'github-hosted' };
  const own = { PULUMI_BACKEND_URL: 's3://states', PULUMI_CONFIG_PASSPHRASE: 'x', RUNNER_ENVIRONMENT: 'self-hosted' };
  it.each([
    ['Pulumi Cloud and a remote engine', cloud, []],
    ['a bucket and a runner beside the engine', own, []],
    ['no state', { ...own, PULUMI_BACKEND_URL: '' }, [expect.stringContaining('There is no state')]],
    ['no passphrase', { ...own, PULUMI_CONFIG_PASSPHRASE: '' }, [expect.stringContaining('PULUMI_CONFIG_PASSPHRASE')]],
    ['the engine of a hosted runner', { ...cloud, DOCKER_HOST: '' }, [expect.stringContaining("the runner's own")]],
  ])('with %s', (_, env, expected) => {
    expect(missing(env, false)).toEqual(expected);
  });

  it.each<[string, Record<string, string>, Parameters<typeof missing>[2], string | undefined]>([
    [
      'a folder of a hosted runner',
      { ...cloud, PULUMI_ACCESS_TOKEN: '', PULUMI_BACKEND_URL: 'file:///s', PULUMI_CONFIG_PASSPHRASE: 'x' },
      {},
      'would be lost with the run',
    ],
    [
      'the same in Pulumi.yaml',
      { ...cloud, PULUMI_ACCESS_TOKEN: '', PULUMI_CONFIG_PASSPHRASE: 'x' },
      { backend: 'file://~' },
      'would be lost with the run',
    ],
    ['a folder of a runner of ours', own, {}, undefined],
    ['the service by its address', { ...cloud, PULUMI_BACKEND_URL: 'https://api.pulumi.com' }, {}, undefined],
    [
      'the service without a token',
      { ...own, PULUMI_BACKEND_URL: 'https://api.pulumi.com' },
      {},
      'PULUMI_ACCESS_TOKEN',
    ],
    [
      'a bucket and a KMS',
      { ...own, PULUMI_BACKEND_URL: 's3://states', PULUMI_CONFIG_PASSPHRASE: '' },
      { secrets: 'awskms://alias/x' },
      undefined,
    ],
    ['the service and a passphrase', cloud, { secrets: 'passphrase' }, 'PULUMI_CONFIG_PASSPHRASE'],
    [
      'a passphrase in a file',
      { ...own, PULUMI_CONFIG_PASSPHRASE: '', PULUMI_CONFIG_PASSPHRASE_FILE: '/x' },
      {},
      undefined,
    ],
  ])('with %s', (_, env, state, expected) => {
    expect(missing(env, false, state)).toEqual(expected === undefined ? [] : [expect.stringContaining(expected)]);
  });

  it('with a stack that names its Docker host', () => {
    expect(missing({ ...cloud, DOCKER_HOST: '' }, true)).toEqual([]);
  });
});

describe('a run that may have to make a backup', () => {
  const env = { PULUMI_BACKEND_URL: 's3://states', PULUMI_CONFIG_PASSPHRASE: 'x', OPEN_WEBUI_BACKUP_PASSPHRASE: 'x' };
  const root = '/builds/chat';
  const inside = 'would be lost with the checkout: set OPEN_WEBUI_BACKUP_DIR to a persistent folder outside';
  it.each([
    ['a folder outside of the checkout', { OPEN_WEBUI_BACKUP_DIR: '/var/backups' }, []],
    ['a folder beside the checkout', { OPEN_WEBUI_BACKUP_DIR: '../chat-backups' }, []],
    ['no folder', {}, [inside]],
    ['a folder in the checkout', { OPEN_WEBUI_BACKUP_DIR: '/builds/chat/kept' }, [inside]],
    ['the checkout', { OPEN_WEBUI_BACKUP_DIR: '.' }, [inside]],
    [
      'no passphrase',
      { OPEN_WEBUI_BACKUP_DIR: '/var/backups', OPEN_WEBUI_BACKUP_PASSPHRASE: '' },
      ['would not be encrypted: set the secret OPEN_WEBUI_BACKUP_PASSPHRASE'],
    ],
  ])('with %s', (_, more, expected) => {
    const found = missing({ ...env, ...more }, false, { backups: { root } });
    expect(found).toEqual(expected.map((text) => expect.stringContaining(text)));
    const ask = () => requireLasting({ ...env, ...more, CI: 'true' }, root);
    if (expected.length === 0) ask();
    else expect(ask).toThrow(expected[0]);
  });

  it('knows a folder in the checkout by any path that leads there', () => {
    const dir = mkdtempSync(join(tmpdir(), 'open-webui-checkout-'));
    try {
      mkdirSync(join(dir, 'checkout', 'kept'), { recursive: true });
      symlinkSync(join(dir, 'checkout'), join(dir, 'link'));
      const problems = (folder: string) =>
        missing({ ...env, OPEN_WEBUI_BACKUP_DIR: folder }, false, { backups: { root: join(dir, 'checkout') } });
      for (const folder of [join(dir, 'link', 'kept'), join(dir, 'link', 'new', 'one'), '..kept'])
        expect(problems(folder)).toEqual([expect.stringContaining(inside)]);
      expect(problems(join(dir, 'link', '..', 'beside'))).toEqual([]);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it('is not asked for a place outside of a pipeline, or where it makes none', () => {
    requireLasting({}, root);
    requireLasting({ CI: 'false' }, root);
    expect(missing(env, false)).toEqual([]);
  });
});

describe('reports in one comment', () => {
  const limit = 270;
  const report = (text: string) =>
    `<!-- open-webui preview: a -->\n\n${text}\n\n<details>\n\n${'x'.repeat(150)}\n\n</details>`;
  it('keeps all of it where there is room', () => {
    expect(joined([report('one'), report('two')], 1000)).toBe(`${report('one')}\n\n${report('two')}`);
  });
  it('leaves details out where there is not, and then the end', () => {
    const brief = joined([report('one'), report('two')], limit);
    expect(brief).toContain('two');
    expect(brief).not.toContain('xxx');
    expect(brief.length).toBeLessThanOrEqual(limit);
    const cut = joined([report('one\n'.repeat(300))], limit);
    expect(cut).toMatch(/^<!-- open-webui preview: a -->[\s\S]*one\n\n_The comment would be too long/);
    expect(cut.length).toBeLessThanOrEqual(limit);
  });
});

interface Stored {
  id: number;
  body: string;
  user: { login: string };
  author: { id: number };
}

/** The user of the token, and another one. */
const OURS = { user: { login: 'github-actions[bot]' }, author: { id: 42 } };
const OTHERS = { user: { login: 'somebody' }, author: { id: 7 } };

describe.each([
  {
    name: 'GitHub',
    path: '/repos/me/chat/issues/7/comments',
    env: (url: string) => ({
      ...{ GITHUB_API_URL: url, GITHUB_REPOSITORY: 'me/chat', GITHUB_TOKEN: 'token', PULL_REQUEST: '7' },
    }),
    changes: (id: number) => `PATCH /repos/me/chat/issues/comments/${id}`,
    token: (request: IncomingMessage) => request.headers.authorization === 'Bearer token',
  },
  {
    name: 'GitLab',
    path: '/projects/5/merge_requests/7/notes',
    env: (url: string) => ({
      ...{
        GITLAB_CI: 'true',
        CI_API_V4_URL: url,
        CI_PROJECT_ID: '5',
        CI_MERGE_REQUEST_IID: '7',
        GITLAB_TOKEN: 'token',
      },
    }),
    changes: (id: number) => `PUT /projects/5/merge_requests/7/notes/${id}`,
    token: (request: IncomingMessage) => request.headers['private-token'] === 'token',
  },
])('the comment on $name', ({ path, env, changes, token }) => {
  let server: Server;
  let stored: Stored[];
  let writes: string[];
  let refuse: number | undefined;

  beforeEach(async () => {
    [stored, writes, refuse] = [[], [], undefined];
    server = createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += chunk;
      const url = new URL(request.url ?? '', 'http://api');
      const answer = (status: number, body: unknown) => response.writeHead(status).end(JSON.stringify(body));
      if (!token(request)) return answer(401, {});
      if (request.method === 'GET' && url.pathname === '/user') return answer(200, OURS.author);
      if (request.method === 'GET' && url.pathname === path) {
        const [page, size] = [Number(url.searchParams.get('page')), Number(url.searchParams.get('per_page'))];
        return answer(200, stored.slice((page - 1) * size, page * size));
      }
      if (refuse) return answer(refuse, { message: 'Resource not accessible by integration' });
      writes.push(`${request.method} ${url.pathname}`);
      const { body } = JSON.parse(text) as { body: string };
      const id = Number(url.pathname.split('/').at(-1));
      const old = stored.find((one) => one.id === id);
      if (old) old.body = body;
      else stored.push({ id: stored.length + 1, body, ...OURS });
      return answer(200, {});
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  const put = (...reports: string[]) =>
    putComment(forge(env(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)), reports);
  const chatter = (count: number) => {
    for (let id = 1; id <= count; id++) stored.push({ id, body: 'looks good', ...OTHERS });
  };

  it('is made once, and then changed, wherever it is among the others', async () => {
    chatter(130);
    expect(await put('<!-- open-webui preview: dev -->\none')).toBe('comment created');
    chatter(3);
    expect(await put('<!-- open-webui preview: dev -->\ntwo', '<!-- open-webui preview: prod -->\nthree')).toBe(
      'comment changed',
    );
    expect(writes).toEqual([`POST ${path}`, changes(131)]);
    expect(stored[130]?.body).toBe('<!-- open-webui preview: dev -->\ntwo\n\n<!-- open-webui preview: prod -->\nthree');
  });

  it('leaves a comment of another user alone, whatever it begins with', async () => {
    const body = '<!-- open-webui preview: dev -->\nquoted';
    stored.push({ id: 1, body, ...OTHERS });
    expect(await put('<!-- open-webui preview: dev -->\none')).toBe('comment created');
    expect(await put('<!-- open-webui preview: dev -->\ntwo')).toBe('comment changed');
    expect(writes).toEqual([`POST ${path}`, changes(2)]);
    expect(stored[0]?.body).toBe(body);
  });

  it('is not made for nothing, but says so when there was one', async () => {
    expect(await put()).toBe('nothing to say');
    expect(writes).toEqual([]);
    await put('<!-- open-webui preview: dev -->\none');
    await put();
    expect(stored[0]?.body).toBe('<!-- open-webui preview: none -->\nThis change no longer affects any stack.');
  });

  it('fails with what the other side says, and knows when it may not write', async () => {
    refuse = 403;
    const error = await put('<!-- open-webui preview: dev -->').catch((reason: unknown) => reason);
    expect(isForbidden(error)).toBe(true);
    refuse = 500;
    await expect(put('<!-- open-webui preview: dev -->')).rejects.toMatchObject({
      status: 500,
      message: expect.stringContaining('was answered with 500: {"message":"Resource not'),
    });
  });
});
