/** What the engine can, by recorded answers of `docker info`. */

import type { Docker } from '../../docker/client.ts';
import type { EngineInfo } from '../../docker/info.ts';
import type { Found } from '../../docker/inventory.ts';
import { requireCapabilities, suspicion } from '../../preflight/capabilities.ts';
import { changed, connect } from '../support/dockerClient.ts';
import { record } from '../support/mocks.ts';

const settings = { valkey: { image: 'valkey:8' }, webui: {}, gateway: {} };

interface Given {
  preview?: boolean;
  cpus?: number;
  docker?: Docker;
  present?: Found[];
}

async function look(engine: Partial<EngineInfo>, { preview = false, cpus, docker, present = [] }: Given = {}) {
  const warned = jest.spyOn(console, 'warn').mockImplementation();
  const given = { ...settings, webui: { cpus } };
  const require = () => requireCapabilities(docker ?? connect({}), given, present);
  const { result } = await record(() => require().catch((error: Error) => error), { engine, preview });
  return { refused: (result as Error | undefined)?.message, warned: warned.mock.calls.map(([text]) => String(text)) };
}

it('says nothing of an engine that can do everything, and starts nothing on it', async () => {
  expect(await look({})).toEqual({ refused: undefined, warned: [] });
  expect(changed()).toEqual([]);
});

it('warns once of the limits that an engine does not have', async () => {
  const { refused, warned } = await look({ MemoryLimit: false, SwapLimit: false, PidsLimit: false });
  expect(refused).toBeUndefined();
  expect(warned).toEqual([
    expect.stringContaining('cannot limit memory and the number of processes, so the containers run unlimited'),
  ]);
});

it('takes an engine without limits of swap as it is', async () => {
  expect((await look({ SwapLimit: false })).warned).toEqual([]);
});

it('refuses a limit of processors that the engine would refuse half-way', async () => {
  expect((await look({ CpuCfsQuota: false }, { cpus: 1.5 })).refused).toContain(
    'remove valkey.cpus, webui.cpus and gateway.cpus',
  );
  expect((await look({ CpuCfsQuota: false })).refused).toBeUndefined();
});

it.each<[string, Partial<EngineInfo>, string]>([
  ['Docker from snap', { DockerRootDir: '/var/snap/docker/common/var-lib-docker' }, 'it is installed from snap'],
  ['no init program', { InitBinary: 'docker-init', InitCommit: { ID: 'N/A' } }, 'it cannot run docker-init'],
])('tries whether a container starts before it makes any: %s', async (_, engine, why) => {
  expect(suspicion(engine as EngineInfo)).toContain(why);
  await look(engine);
  expect(changed().map(({ args }) => args.join(' '))).toEqual([
    'image inspect --format {{.Id}} valkey:8',
    expect.stringMatching(/^run --rm --init=true --security-opt no-new-privileges:true .* valkey:8 -c :$/),
  ]);
  const preview = await look(engine, { preview: true });
  expect(preview.warned.join()).toContain(why);
  expect(changed()).toEqual([]);
});

describe('an engine on which no container starts', () => {
  const SNAP = { DockerRootDir: '/var/snap/docker/common/var-lib-docker' };
  const able = connect({});
  const docker: Docker = {
    ...able,
    capture: async (args) =>
      args[0] === 'run'
        ? {
            ...{ code: 125, stdout: '', all: '', timedOut: false },
            stderr: 'docker: exec /sbin/docker-init: operation not permitted\nSee docker run --help\n',
          }
        : able.capture(args),
  };

  it('is refused before anything is made, with what it says', async () => {
    expect((await look(SNAP, { docker })).refused).toBe(
      'This engine cannot start the containers of this program: it is installed from snap, whose AppArmor profile may forbid --init and no-new-privileges. Nothing was created or changed.\n' +
        '  the engine says:  docker: exec /sbin/docker-init: operation not permitted See docker run --help\n' +
        "  to do:            use Docker's own packages (https://docs.docker.com/engine/install/) or those of your distribution, with docker-init\n",
    );
  });

  it('is not tried where a server of the stack runs', async () => {
    const server: Found = {
      ...{ kind: 'container', name: 'redis', owner: undefined, role: 'server', image: '', volumes: [], runs: true },
    };
    expect((await look(SNAP, { docker, present: [server] })).refused).toBeUndefined();
    expect((await look(SNAP, { docker, present: [{ ...server, runs: false }] })).refused).toContain('not permitted');
  });
});
