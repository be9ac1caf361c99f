/** What the engine can, by recorded answers of `docker info`. */

import type { EngineInfo } from '../../docker/info.ts';
import { requireCapabilities, suspicion } from '../../preflight/capabilities.ts';
import { changed, connect } from '../support/dockerClient.ts';
import { record } from '../support/mocks.ts';

const settings = { valkey: { image: 'valkey:8' }, webui: {} };

async function look(engine: Partial<EngineInfo>, { preview = false, cpus }: { preview?: boolean; cpus?: number } = {}) {
  const warned = jest.spyOn(console, 'warn').mockImplementation();
  const given = { ...settings, webui: { cpus } };
  const { result } = await record(() => requireCapabilities(connect({}), given, []).catch((error: Error) => error), {
    engine,
    preview,
  });
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
    expect.stringContaining('cannot limit memory and the number of processes, so the containers run without'),
  ]);
});

it('takes an engine without limits of swap as it is', async () => {
  expect((await look({ SwapLimit: false })).warned).toEqual([]);
});

it('refuses a limit of processors that the engine would refuse half-way', async () => {
  expect((await look({ CpuCfsQuota: false }, { cpus: 1.5 })).refused).toContain('remove valkey.cpus and webui.cpus');
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
