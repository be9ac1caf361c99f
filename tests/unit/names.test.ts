import * as pulumi from '@pulumi/pulumi';
import type { Found } from '../../docker/inventory.ts';
import { claimsOf } from '../../preflight/claims.ts';
import { requireNoDowngrade } from '../../preflight/downgrade.ts';
import { type Claim, requireNames } from '../../preflight/names.ts';
import { sharingOf } from '../../preflight/neighbours.ts';
import { ofStackFile } from '../../preflight/origin.ts';
import { parse } from '../../settings/parse.ts';
import { connect, type Present } from '../support/dockerClient.ts';
import { record } from '../support/mocks.ts';
import { source } from '../support/settings.ts';

const MINE = { project: 'open-webui', stack: 'test' };

const found = (kind: Found['kind'], name: string, rest: Partial<Found> = {}): Found => ({
  ...{ kind, name, owner: undefined, role: undefined, image: '', volumes: [], runs: false },
  ...rest,
});

const claims = (given: Record<string, unknown> = {}): Claim[] => claimsOf(parse(source(given)), 'open-webui');

/** What the refusal says after its first line; undefined when nothing is refused. */
async function refused(
  present: readonly Present[],
  {
    known = [],
    given = {},
    startedClean = false,
    scratch = false,
  }: { known?: string[]; given?: Record<string, unknown>; startedClean?: boolean; scratch?: boolean } = {},
): Promise<string | undefined> {
  const { result, resources } = await record(
    () => {
      const sharing = sharingOf(parse(source(given)), 'open-webui');
      return requireNames(claims(given), connect({}), { scratch, sharing }).catch((error: Error) => error);
    },
    {
      present,
      known,
      startedClean,
    },
  );
  // Notes of the state are all that there may be.
  expect(resources.filter(({ type }) => type !== 'pulumi:index:Stash')).toEqual([]);
  if (!(result instanceof Error)) return undefined;
  expect(result).toBeInstanceOf(pulumi.RunError);
  const [head, ...lines] = result.message.split('\n');
  expect(head).toBe('Some names of the stack test are in use on this engine. Nothing was created or changed.');
  return lines.join('\n');
}

describe('requireNames', () => {
  it('accepts an engine on which the names are free', async () => {
    expect(await refused([found('container', 'other'), found('volume', 'redis-valkey-test')])).toBeUndefined();
  });

  it('refuses every name in use, with its owner and the ways out', async () => {
    expect(
      await refused([
        found('container', 'open-webui-test'),
        found('network', 'openwebui-network-test', { owner: { project: 'shop', stack: 'dev' } }),
        found('volume', 'redis-data-test', { owner: { project: 'open-webui', stack: 'dev' } }),
        found('volume', 'open-webui-test'),
      ]),
    ).toBe(
      '  the network openwebui-network-test, of shop/dev\n' +
        '    to do: use it as it is (open-webui:network.external: true), or choose another open-webui:network.name\n' +
        '  the volume redis-data-test, of open-webui/dev\n' +
        '    to do: adopt it with its data (open-webui:valkey.adoptVolume: true), or choose another open-webui:valkey.volume\n' +
        '  the container open-webui-test, which this program did not create\n' +
        '    to do: remove it (docker rm --force open-webui-test; its volumes stay), or choose another open-webui:webui.name\n' +
        '  the volume open-webui-test, which this program did not create\n' +
        '    to do: adopt it with its data (open-webui:webui.adoptVolume: true), or choose another open-webui:webui.volume\n',
    );
  });

  it('finds its own again', async () => {
    const own = [
      found('container', 'open-webui-test', { owner: MINE, runs: true, volumes: ['open-webui-test'] }),
      found('network', 'openwebui-network-test', { owner: MINE }),
      found('volume', 'open-webui-test', { owner: MINE }),
    ];
    expect(await refused(own, { known: own.map(({ kind, name }) => `${kind} ${name}`) })).toBeUndefined();
    // The stack was destroyed, its data was not.
    expect(await refused(own.slice(2))).toBeUndefined();
  });

  it('knows without a look at its state what has its labels, when nothing had them as the state began', async () => {
    const own = [
      found('container', 'open-webui-test', { owner: MINE }),
      found('network', 'openwebui-network-test', { owner: MINE }),
    ];
    expect(await refused(own, { startedClean: true })).toBeUndefined();
    expect(await refused([...own, found('volume', 'open-webui-test')], { startedClean: true })).toContain(
      'the volume open-webui-test, which this program did not create',
    );
  });

  it("takes what another deployment of the same stack has for somebody else's", async () => {
    const other = found('container', 'other', {
      owner: MINE,
      role: 'server',
      runs: true,
      volumes: ['open-webui-test'],
    });
    const tried = async (owns: () => boolean) => {
      const subject = { ...ofStackFile(), owns };
      const names = () =>
        requireNames(claims(), connect({}), { subject }).then(
          () => '',
          ({ message }: Error) => message,
        );
      return (await record(names, { present: [other], known: ['container other'] })).result;
    };
    expect(await tried(() => true)).toBe('');
    expect(await tried(() => false)).toContain('open-webui-test');
  });

  it('notes nothing when it refuses for certain, and that a name was not free when it only suspects', async () => {
    const noted = async (present: Found[] | Error) => {
      const { resources } = await record(() => requireNames(claims(), connect({})).catch(() => []), { present });
      return resources.map(({ name, inputs, ignoreChanges }) => [name, inputs['input'], ...ignoreChanges]);
    };
    jest.spyOn(console, 'warn').mockImplementation();
    expect(await noted([])).toEqual([['names', 'free', 'input']]);
    expect(await noted([found('container', 'open-webui-test')])).toEqual([]);
    expect(await noted([found('container', 'open-webui-test', { owner: MINE })])).toEqual([
      ['names', 'unknown', 'input'],
    ]);
    expect(await noted(new Error('no engine'))).toEqual([['names', 'unknown', 'input']]);
  });

  it('does not suspect what a state cannot know that was made for one preview', async () => {
    const scratch = { scratch: true };
    const owner = { project: 'open-webui', stack: 'dev' };
    expect(await refused([found('container', 'open-webui-test', { owner: MINE })], scratch)).toBeUndefined();
    expect(await refused([found('container', 'open-webui-test', { owner })], scratch)).toContain('of open-webui/dev');
  });

  it('refuses what has its labels, but is not known to its state', async () => {
    expect(await refused([found('container', 'open-webui-test', { owner: MINE })])).toContain(
      'the container open-webui-test, of open-webui/test, in another checkout or state\n',
    );
  });

  it('adopts a volume when configured so, and knows it from then on', async () => {
    const volume = found('volume', 'open-webui-test');
    expect(await refused([volume], { given: { webui: { adoptVolume: true } } })).toBeUndefined();
    expect(await refused([volume], { given: { valkey: { adoptVolume: true } } })).toContain(
      'the volume open-webui-test',
    );
    expect(await refused([volume], { known: ['volume open-webui-test'] })).toBeUndefined();
    // One that another stack has made is asked for again: that stack may use it any time.
    const others = [{ ...volume, owner: { project: 'open-webui', stack: 'dev' } }];
    expect(await refused(others, { known: ['volume open-webui-test'] })).toContain('of open-webui/dev');
  });

  it('shares a data volume with nothing that writes to it now or after a restart of the engine, known or not', async () => {
    const volume = found('volume', 'open-webui-test');
    const other = { ...found('container', 'old-webui', { volumes: ['open-webui-test'] }), restart: 'always' };
    const states = [
      { given: { webui: { adoptVolume: true } } },
      { known: ['volume open-webui-test'] },
      { scratch: true },
    ];
    const away =
      'docker rm --force old-webui (its volumes stay), or docker update --restart no old-webui && docker stop old-webui';
    for (const state of states) {
      const given = { webui: { adoptVolume: true } };
      expect(await refused([volume, { ...other, runs: true }], { given, ...state })).toBe(
        `  the volume open-webui-test, on which the container old-webui runs\n    to do: ${away}; or choose another open-webui:webui.volume\n`,
      );
      expect(await refused([volume, other], { given, ...state })).toContain(
        'the volume open-webui-test, which the stopped container old-webui uses; its restart policy "always" lets Docker start it again\n',
      );
      expect(await refused([volume, { ...other, restart: 'no' }], { given, ...state })).toBeUndefined();
      expect(await refused([volume, { ...other, runs: true, reads: true }], { given, ...state })).toBeUndefined();
    }
    const byPath = { ...other, volumes: ['/var/lib/docker/volumes/open-webui-test/_data'] };
    expect(await refused([volume, byPath], states[1])).toContain('the stopped container old-webui');
  });

  it('shares its volumes with its own helper, and with what the update removes', async () => {
    const volume = found('volume', 'open-webui-test', { owner: MINE });
    const own = (name: string, role: Found['role']) => ({
      ...found('container', name, { owner: MINE, role, runs: true, volumes: ['open-webui-test'] }),
      restart: 'unless-stopped',
    });
    expect(await refused([volume, own('open-webui-test-archive', 'archive')])).toBeUndefined();
    const renamed = own('old-name', 'server');
    expect(await refused([volume, renamed], { known: ['container old-name'] })).toBeUndefined();
    expect(await refused([volume, renamed])).toContain('on which the container old-name runs');
  });

  it('answers to its names alone', async () => {
    const proxy = { network: { name: 'proxy', external: true } };
    const other = { ...found('container', 'other', { networks: ['proxy'] }), aliases: ['redis', 'redis-valkey-test'] };
    const network = found('network', 'proxy');
    expect(await refused([network, other], { given: proxy })).toBe(
      '  the network proxy, on which the container other answers to redis-valkey-test as well\n' +
        '    to do: docker network disconnect proxy other, or choose another open-webui:valkey.alias\n',
    );
    const cache = { ...proxy, valkey: { alias: 'other' } };
    expect(await refused([network, { ...other, aliases: [] }], { given: cache })).toContain('answers to other as well');
    expect(await refused([network, { ...other, aliases: ['redis'] }], { given: proxy })).toBeUndefined();
    expect(await refused([network, { ...other, networks: ['elsewhere'] }], { given: proxy })).toBeUndefined();
    const mine = found('network', 'openwebui-network-test', { owner: MINE });
    const joined = { ...other, networks: ['openwebui-network-test'], aliases: ['redis'] };
    expect(await refused([mine, joined], { known: ['network openwebui-network-test'] })).toContain('answers to redis');
  });

  it('removes no network on which something else is', async () => {
    const given = { network: { name: 'new' } };
    const old = found('network', 'old', { owner: MINE });
    const ollama = found('container', 'ollama', { networks: ['old'] });
    expect(await refused([old, ollama], { given, known: ['network old'] })).toBe(
      '  the network old, which this update removes while the container ollama is on it\n' +
        '    to do: docker network disconnect old ollama, or keep the network by its setting\n',
    );
    const own = found('container', 'redis-valkey-test', { owner: MINE, networks: ['old'] });
    const known = ['network old', 'container redis-valkey-test'];
    expect(await refused([old, own], { given, known })).toBeUndefined();
    // Not the state's: nothing removes it.
    expect(await refused([old, ollama], { given })).toBeUndefined();
  });

  it('claims what strict hardening makes besides, and no external network', () => {
    const names = claims({ hardening: 'strict', network: { external: true } }).map(
      ({ kind, name }) => `${kind} ${name}`,
    );
    expect(names).toEqual([
      'container redis-valkey-test',
      'volume redis-data-test',
      'container open-webui-test',
      'volume open-webui-test',
      'network openwebui-internal-test',
      'container open-webui-test-init',
      'volume open-webui-test-secrets',
    ]);
  });

  it('goes on where the engine cannot be asked, and says so', async () => {
    const warned = jest.spyOn(console, 'warn').mockImplementation();
    const { result } = await record(() => requireNames(claims(), connect({})), {
      present: new Error('there is no docker command on PATH'),
    });
    expect(result).toEqual([]);
    expect(warned.mock.calls.join()).toContain(
      'Could not check for name conflicts: there is no docker command on PATH.',
    );
  });
});

describe('requireNoDowngrade', () => {
  const { valkey } = parse(source({}));
  const change =
    (from: string, to: string, volumes = [valkey.volume]) =>
    () =>
      requireNoDowngrade({ ...valkey, image: to }, [found('container', valkey.name, { image: from, volumes })]);
  const older = 'docker.io/valkey/valkey:8.0.10-alpine';
  const newer = 'docker.io/valkey/valkey:8.1.4-alpine';

  it('refuses an older release on the same data, with the reason', () => {
    expect(change(newer, older)).toThrow(
      new pulumi.RunError(
        `valkey.image is ${older}, and ${newer} runs on the volume redis-data-test: an older release may misread what a newer one wrote. Nothing was created or changed.\n` +
          '  to do: set valkey.image to Valkey 8.1 or newer; or start without this data, with another valkey.volume\n',
      ),
    );
    expect(change('mirror.example.com/valkey:v10.0', 'mirror.example.com/valkey:9.12.1')).toThrow(
      'Valkey 10.0 or newer',
    );
  });

  it.each([
    ['an upgrade', older, newer],
    ['another patch release', 'valkey:8.1.4', 'valkey:8.1.1'],
    ['another image of the same release', newer, 'local/valkey:8.1-debian'],
    ['a tag without a minor version', newer, 'valkey:8-alpine'],
    ['a digest', newer, `valkey@sha256:${'0'.repeat(64)}`],
    ['the number of another program', newer, 'docker.io/example/cache:2.0'],
  ])('leaves alone: %s', (_, from, to) => {
    expect(change(from, to)).not.toThrow();
  });

  it('leaves alone a server that begins with other data', () => {
    expect(change(newer, older, ['other'])).not.toThrow();
    expect(() => requireNoDowngrade(valkey, [])).not.toThrow();
  });
});

it('claims what Postgres takes where it is deployed, and its host name on its own network', () => {
  const named = (given: Record<string, unknown>, secrets: string[] = []) =>
    claimsOf(parse(source(given, secrets)), 'open-webui')
      .map(({ kind, name }) => `${kind} ${name}`)
      .filter((text) => text.includes('postgres'));
  expect(named({})).toEqual([]);
  expect(named({ database: { kind: 'postgres', url: 'postgresql://me@db/chat' } }, ['database'])).toEqual([]);
  expect(named({ database: { kind: 'postgres' } })).toEqual([
    'network open-webui-postgres-test-network',
    'container open-webui-postgres-test',
    'volume open-webui-postgres-test',
    'container open-webui-postgres-test-init',
    'volume open-webui-postgres-test-secrets',
  ]);
  const { hostNames, settings } = sharingOf(parse(source({ database: { kind: 'postgres' } })), 'open-webui');
  expect(hostNames).toContainEqual({ network: 'open-webui-postgres-test-network', host: 'open-webui-postgres-test' });
  expect(settings.get('open-webui-postgres-test')).toBe('open-webui:database.name');
});
