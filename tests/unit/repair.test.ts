/** What a repair does on the engine, shown by the commands that it runs. */

import type { Docker } from '../../docker/client.ts';
import { carryOut } from '../../ops/drift/repair.ts';

const NOTHING = { replace: [], refresh: false, remove: [], ailing: [] };

/** An engine with one container on a volume; `chown` is what changing owners prints. */
function engine({ destination = '/data', chown = '', folder = '' } = {}) {
  const commands: string[] = [];
  const container = {
    Id: 'c1',
    Config: { Image: 'valkey:8' },
    State: { Status: 'running', Health: { Status: 'healthy' } },
    Mounts: [
      folder
        ? { Type: 'bind', Source: folder, Destination: destination }
        : { Type: 'volume', Name: 'redis-data', Destination: destination },
    ],
  };
  const docker: Partial<Docker> = {
    capture: async () => ({ code: 0, stdout: JSON.stringify([container]), stderr: '', all: '', timedOut: false }),
    run: async (args) => {
      commands.push(args.join(' '));
      return args[0] === 'run' ? chown : '';
    },
  };
  return { docker: docker as Docker, commands };
}

it('does nothing where there is nothing to do', async () => {
  const { docker, commands } = engine();
  expect(await carryOut(docker, NOTHING)).toEqual([]);
  expect(commands).toEqual([]);
});

it('removes what took the place of something of ours, after it had time to stop', async () => {
  const { docker, commands } = engine();
  const options = await carryOut(docker, {
    ...NOTHING,
    refresh: true,
    replace: ['urn:a'],
    remove: [
      { kind: 'container', id: 'c2' },
      { kind: 'network', id: 'n1' },
    ],
  });
  expect(commands).toEqual(['stop --time 30 c2', 'rm --force c2', 'network rm n1']);
  expect(options).toEqual(['--refresh', '--replace', 'urn:a']);
});

it('gives Valkey its files back, and nothing else', async () => {
  const { docker, commands } = engine({ chown: 'changed ownership of /data' });
  expect(await carryOut(docker, { ...NOTHING, ailing: ['c1'] })).toEqual([]);
  const given = (mount: string) =>
    `run --rm --network none --user 0 --cap-drop ALL --cap-add CHOWN --cap-add DAC_OVERRIDE --security-opt no-new-privileges:true --entrypoint chown --mount ${mount},target=/data valkey:8 -cR 999:1000 /data`;
  expect(commands).toEqual([given('type=volume,source=redis-data')]);
  const onFolder = engine({ folder: '/srv/valkey' });
  await carryOut(onFolder.docker, { ...NOTHING, ailing: ['c1'] });
  expect(onFolder.commands).toEqual([given('type=bind,source=/srv/valkey')]);
  const other = engine({ destination: '/app/backend/data' });
  await carryOut(other.docker, { ...NOTHING, ailing: ['c1'] });
  expect(other.commands).toEqual([]);
});
