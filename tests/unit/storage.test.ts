/** Folders of the Docker host with a server's data, and further mounts: what a stack file may say. */

import { parse } from '../../settings/parse.ts';
import { warningsOf } from '../../settings/warnings.ts';
import { problem, refusal, source } from '../support/settings.ts';

const FOLDER = 'open-webui:webui.folder';
const PATH = 'an absolute path without "..", ":", ",", "$", "\\" and quotes';
const webui = (settings: Record<string, unknown>) => ({ webui: settings });

describe('a folder', () => {
  it('is spelled in one way', () => {
    const { webui } = parse(source({ webui: { folder: '//srv/./chat//data/' } }));
    expect(webui.folder).toBe('/srv/chat/data');
  });

  it.each([
    ...['data', './data', '../data', '~/data', 'C:\\data', '/srv/../etc', '/srv/a:b', '/srv/a,b', '/srv/"a"', ''],
    ...['/srv/$HOME', '/srv/a\nb', '/srv/`id`', 7],
  ])('that is no path is refused: %j', (folder) => {
    expect(problem(webui({ folder }))).toEqual([
      FOLDER,
      JSON.stringify(folder),
      PATH,
      'write a folder such as "/srv/open-webui", on the host that runs the engine',
    ]);
  });

  it.each([
    ...['/', '/home', '/home/me', '/home/me/', '/root', '/srv', '/var', '/var/lib', '/tmp', '/mnt', '/Users/me'],
  ])('that holds other things is refused: %s', (folder) => {
    expect(problem(webui({ folder })).slice(1)).toEqual([
      `${JSON.stringify(folder)} (it contains other things as well, whose owner would change)`,
      'a separate folder for the data',
      'write a folder such as "/srv/open-webui"',
    ]);
  });

  it.each([
    ...['/etc', '/etc/open-webui', '/usr/share/chat', '/run/chat', '/proc/1', '/dev/shm/chat', '/sys', '/boot/x'],
    ...['/var/lib/docker', '/var/lib/docker/volumes/open-webui/_data', '/var/run/chat', '/home/me/.docker/data'],
  ])("of the host's own is refused: %s", (folder) => {
    expect(problem(webui({ folder }))[1]).toBe(`${JSON.stringify(folder)} (it is the host's own)`);
  });

  it.each(['/srv/open-webui', '/home/me/open-webui', '/root/chat', '/data', '/mnt/disk 1/chat', '/opt/chat/дані'])(
    'of its own is taken: %s',
    (folder) => {
      expect(parse(source(webui({ folder }))).webui.folder).toBe(folder);
    },
  );

  it.each(['/srv/chat', '/srv/chat/valkey', '/srv'.concat('/')])('is not shared by two servers: %s', (folder) => {
    const said = refusal({ valkey: { folder }, webui: { folder: '/srv/chat' } });
    if (folder !== '/srv/') expect(said).toContain('two servers in one folder would corrupt its data');
    else expect(said).toContain('it contains other things as well');
  });

  it('takes the place of the volume', () => {
    expect(problem(webui({ folder: '/srv/chat', volume: 'chat' }))).toEqual([
      'open-webui:webui.volume',
      '"chat" (the data is in webui.folder)',
      'nothing, together with webui.folder',
      'remove it; or remove webui.folder, and the data is in the volume',
    ]);
    expect(problem({ valkey: { folder: '/srv/chat', adoptVolume: false } })[0]).toBe('open-webui:valkey.adoptVolume');
    expect(parse(source({ valkey: { volume: 'one' }, webui: { folder: '/srv/chat' } })).valkey.volume).toBe('one');
  });
});

describe('mounts', () => {
  const mount = (one: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
    ...more,
    webui: { mounts: [one] },
  });
  const PEM = { folder: '/etc/ssl/company.pem', target: '/etc/ssl/company.pem' };

  it('are read-only unless they say otherwise', () => {
    const { mounts } = parse(
      source({ webui: { mounts: [PEM, { volume: 'models', target: '/models/', readOnly: false }] } }),
    ).webui;
    expect(mounts).toEqual([
      { ...PEM, readOnly: true },
      { volume: 'models', target: '/models', readOnly: false },
    ]);
  });

  it.each<[Record<string, unknown>]>([
    [{ target: '/x' }],
    [{ folder: '/a', volume: 'a', target: '/x' }],
    [{ folder: 'a', target: '/x' }],
    [{ folder: '/a' }],
    [{ folder: '/a', target: 'x' }],
    [{ folder: '/a', target: '/' }],
    [{ folder: '/a', target: '/x', readOnly: 'yes' }],
    [{ volume: '/a', target: '/x' }],
  ])('are entries with a source and a target: %j', (one) => {
    expect(problem(mount(one))).toEqual([
      'open-webui:webui.mounts',
      'a list',
      `a list of entries with folder or volume, target and readOnly; paths are absolute, without "..", ":", ",", "$", "\\" and quotes`,
      'write an entry as { folder: /etc/ssl/company.pem, target: /etc/ssl/company.pem }',
    ]);
  });

  it('know their keys', () => {
    expect(refusal(mount({ ...PEM, readonly: true }))).toContain(
      'open-webui:webui.mounts.readonly\n    given:   nothing (there is no such setting)\n    allowed: folder, volume, target, readOnly\n    to do:   did you mean "readOnly"?',
    );
  });

  it.each([
    ...[
      '/var/run/docker.sock',
      '/run/docker.sock',
      '/run',
      '/var/run/',
      '/run/user/1000/docker.sock',
      '/run/user/1000',
    ],
    ...['/home/me/.docker/run/docker.sock', '/home/me/.docker', '/home/me/.colima/default/docker.sock', '/'],
    ...['/run/podman/podman.sock', '/run/containerd', '/var/run/docker-cli.sock', '/var/./run//docker.sock', '/var'],
  ])('do not reach the engine: %s', (folder) => {
    expect(problem(mount({ folder, target: '/x' }))[1]).toMatch(
      /^a list \(\S+ at \/x: anyone who can reach the socket of the container engine controls the host\)$/,
    );
  });

  it.each(['/proc', '/sys/fs', '/dev', '/dev/kmsg', '/etc', '/root', '/home', '/home/me', '/var/lib/docker/volumes'])(
    "do not show the host's own: %s",
    (folder) => {
      expect(problem(mount({ folder, target: '/x' }))[1]).toBe(
        `a list (${folder} at /x: it exposes the host's own files, or everyone's)`,
      );
    },
  );

  it.each([
    ...[
      '/app/backend/data',
      '/app/backend',
      '/app',
      '/app/backend/data/uploads',
      '/run/secrets',
      '/run',
      '/run/secrets/x',
    ],
  ])('do not cover data and secrets: %s', (target) => {
    expect(problem(mount({ folder: '/srv/x', target }))[1]).toMatch(
      /it would hide \/(app\/backend\/data|run\/secrets), or/,
    );
  });

  it.each([
    ...[
      '/app/backend/start.sh',
      '/app/backend/open_webui',
      '/usr',
      '/usr/local/bin',
      '/bin',
      '/etc',
      '/proc',
      '/dev/x',
    ],
  ])('do not cover what the server starts with: %s', (target) => {
    expect(problem(mount({ folder: '/srv/x', target }))[1]).toContain('it would hide what the server starts from');
  });

  it.each([
    '/app/backend/open_webui/static/logo.png',
    '/app/build/static/favicon.png',
    '/etc/ssl/certs',
    '/etc/localtime',
  ])('may add files to the program: %s', (target) => {
    expect(parse(source(mount({ folder: '/srv/x', target }))).webui.mounts).toHaveLength(1);
  });

  it('have targets that do not overlap', () => {
    const mounts = [PEM, { volume: 'certificates', target: '/etc/ssl' }];
    expect(problem(webui({ mounts }))).toEqual([
      'open-webui:webui.mounts',
      'a list (/etc/ssl is the same as another, or nested)',
      'targets that do not overlap',
      'change one of the two',
    ]);
    expect(refusal({ hardening: 'strict', ...mount({ folder: '/srv/x', target: '/tmp' }) })).toContain(
      '/tmp is the same',
    );
  });

  it('are read-only with hardening: strict, and where another server has its data', () => {
    const writable = { folder: '/srv/x', target: '/x', readOnly: false };
    expect(problem(mount(writable, { hardening: 'strict' }))[1]).toContain(
      'with hardening: strict the server writes to',
    );
    expect(parse(source(mount(writable))).webui.mounts).toHaveLength(1);
    for (const [one, valkey] of [
      [writable, { folder: '/srv/x/valkey' }],
      [{ volume: 'redis-data-test', target: '/x', readOnly: false }, {}],
    ] as const) {
      expect(problem(mount(one, { valkey }))[1]).toContain(
        "it is a server's data, to which only that server may write",
      );
      expect(parse(source(mount({ ...one, readOnly: true }, { valkey }))).webui.mounts).toHaveLength(1);
    }
  });

  it('name no path of an encrypted section', () => {
    const said = refusal(mount({ folder: '/srv/hidden', target: '/app/backend/data/hidden' }), ['webui']);
    expect(said).toContain('one of them: it would hide');
    expect(said).not.toContain('hidden');
  });
});

describe('a session key', () => {
  const KEY = 'Xq7-not-a-key-of-anybody';

  it('is encrypted', () => {
    expect(problem(webui({ sessionKey: KEY }))).toEqual([
      'open-webui:webui.sessionKey',
      '(not shown: it may be a secret) (in plain text it would show in the stack file, and anyone who knows it can sign in as any user)',
      'an encrypted value',
      'remove it from the file and set it with pulumi config set --secret --path open-webui:webui.sessionKey',
    ]);
    // Another secret of the section does not hide it.
    const read = () => parse({ ...source(webui({ sessionKey: KEY }), ['webui']), allHidden: true });
    expect(read).toThrow('in plain text it would show in the stack file');
  });

  it.each(['', ' \n', 0.5, null, true, ['x']])('has at least one character: %j', (sessionKey) => {
    const said = refusal(webui({ sessionKey }));
    expect(said).toContain('given:   (not shown: it may be a secret)');
    expect(said).toContain('allowed: at least one character, encrypted');
  });

  it('is taken as it is, also a number', () => {
    for (const [given, key] of [
      ['x', 'x'],
      [12345, '12345'],
      [" it's ", " it's "],
    ])
      expect(parse(source(webui({ sessionKey: given }), ['webui'])).webui.sessionKey).toBe(key);
  });

  it.each([
    'x',
    't0p-s3cr3t',
    'your-secret-key-change-in-production',
    'changeme-changeme-changeme',
    'aaaaaaaaaaaaaaaaaaaaaaaa',
  ])('that can be guessed gets a warning without it: %s', (sessionKey) => {
    const [warning = '', ...more] = warningsOf(parse(source(webui({ sessionKey }), ['webui'])));
    expect(more).toEqual([]);
    expect(warning).toMatch(/^webui\.sessionKey is short, or appears in many examples/);
    if (sessionKey.length > 1) expect(warning).not.toContain(sessionKey);
  });

  it('that cannot be guessed gets none', () => {
    expect(warningsOf(parse(source(webui({ sessionKey: 'f3Jk29dkPq0vXnZ4Lm8T' }), ['webui'])))).toEqual([]);
    expect(warningsOf(parse(source({})))).toEqual([]);
  });
});
