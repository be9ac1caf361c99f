/** The deployed Valkey beside one started with the values of the tutorial's compose file, field by field. */

import { PROJECT_LABEL, ROLE_LABEL } from '../../../core/labels.ts';
import { VALKEY_DATA, VALKEY_PORT } from '../../../core/valkey.ts';
import { type Deployment, IMAGES } from '../../support/deployment.ts';
import { docker, inspect, labelOf } from '../../support/docker.ts';

/** Every leaf of an object by its path. */
function leaves(value: unknown, path = ''): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[path, value]];
  const inner = Object.entries(value).flatMap(([key, one]) => leaves(one, path ? `${path}.${key}` : key));
  return inner.length > 0 ? inner : [[path, undefined]];
}

const empty = (value: unknown) =>
  value === undefined ||
  value === null ||
  value === '' ||
  value === 0 ||
  value === false ||
  (Array.isArray(value) && value.length === 0);

/** Capabilities go by either name; the order of lists that are sets says nothing. */
function normal(path: string, value: unknown): unknown {
  if (empty(value)) return undefined;
  return path.startsWith('HostConfig.Cap')
    ? (value as string[]).map((name) => name.replace(/^CAP_/, '')).sort()
    : value;
}

/** Tests of a deployment whose containers are as they were created; leaves nothing in it. */
export function parity(deployed: () => Deployment): void {
  let life: Deployment;
  let tutorial: string;

  beforeAll(async () => {
    life = deployed();
    tutorial = `tutorial-${life.stack}`;
    const label = labelOf(life.stack);
    // On a network of its own: on that of the deployment the web UI would find two servers of one name.
    await docker('network', 'create', '--label', label, tutorial);
    await docker('volume', 'create', '--label', label, tutorial);
    await docker(
      ...['run', '--detach', '--name', tutorial, '--label', label, '--network', tutorial, '--network-alias', 'redis'],
      ...['--volume', `${tutorial}:${VALKEY_DATA}`, '--restart', 'unless-stopped'],
      ...['--health-cmd', "[ $(valkey-cli ping) = 'PONG' ]", '--health-start-period', '5s', '--health-interval', '1s'],
      ...['--health-timeout', '3s', '--health-retries', '5'],
      ...['--cap-drop', 'ALL', '--cap-add', 'SETGID', '--cap-add', 'SETUID', '--cap-add', 'DAC_OVERRIDE'],
      ...['--log-driver', 'json-file', '--log-opt', 'max-size=1m', '--log-opt', 'max-file=1'],
      ...[IMAGES.valkey, 'valkey-server', '--save', '30', '1'],
    );
  });

  afterAll(async () => {
    await docker('rm', '--force', tutorial);
    await docker('volume', 'rm', tutorial);
    await docker('network', 'rm', tutorial);
  });

  it('differs from the tutorial only where it says why', async () => {
    const ours = await inspect('container', life.valkey);
    const theirs = await inspect('container', tutorial);
    const pick = ({ Config, HostConfig }: Record<string, unknown>) => new Map(leaves({ Config, HostConfig }));
    const [a, b] = [pick(ours), pick(theirs)];
    const different = [...new Set([...a.keys(), ...b.keys()])].filter(
      (path) => JSON.stringify(normal(path, a.get(path))) !== JSON.stringify(normal(path, b.get(path))),
    );
    expect(different.sort()).toEqual([
      // The tutorial's command, followed by users and limits; see the next test.
      'Config.Cmd',
      // Looks at the data, converts it where that is wanted, and becomes the image's own.
      'Config.Entrypoint',
      // Asks the same, and ends a server that hangs. Its own time-out is that of all its attempts.
      'Config.Healthcheck.Test',
      'Config.Healthcheck.Timeout',
      // Each container has its own.
      'Config.Hostname',
      // Ours carries its project and its role as well as its stack.
      `Config.Labels.${PROJECT_LABEL}`,
      `Config.Labels.${ROLE_LABEL}`,
      // 30 s rather than the engine's 10 for the last snapshot.
      'Config.StopTimeout',
      // The names of the two volumes.
      'HostConfig.Binds',
      // The check runs as root and may end the server, which is another user's and no longer the first process.
      'HostConfig.CapAdd',
      'HostConfig.Init',
      // Bounded, without swap, and without a way to gain rights.
      // One file, which some engines would compress.
      'HostConfig.LogConfig.Config.compress',
      'HostConfig.Memory',
      'HostConfig.MemorySwap',
      // The provider starts on the default bridge and then moves over; the test below sees the one network that is left.
      'HostConfig.NetworkMode',
      // No more processes than it needs, whatever runs in it.
      'HostConfig.PidsLimit',
      'HostConfig.SecurityOpt',
    ]);
  });

  it('begins with the command of the tutorial', async () => {
    const ours = await inspect('container', life.valkey);
    const theirs = await inspect('container', tutorial);
    expect(ours.Config.Cmd.slice(0, 4)).toEqual(theirs.Config.Cmd);
  });

  it('answers both checks of the tutorial', async () => {
    expect(await docker('exec', life.valkey, 'valkey-cli', '-p', String(VALKEY_PORT), 'ping')).toBe('PONG');
    expect((await inspect('container', life.valkey)).State.Health.Status).toBe('healthy');
  });

  it('is found under the same name, and keeps its data in the same place', async () => {
    const ours = await inspect('container', life.valkey);
    const network = ours.NetworkSettings.Networks[life.network];
    expect(Object.keys(ours.NetworkSettings.Networks)).toHaveLength(1);
    expect(network.Aliases).toContain('redis');
    expect(ours.Mounts).toEqual([
      expect.objectContaining({ Type: 'volume', Name: life.valkeyVolume, Destination: VALKEY_DATA, RW: true }),
    ]);
  });
}
