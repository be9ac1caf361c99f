/** An update on a Swarm that changes the number of Valkeys: what it stops before, and in which order. */

import * as pulumi from '@pulumi/pulumi';
import { labelsOf } from '../../core/labels.ts';
import { serverNames, VALKEY_SECRETS } from '../../core/valkey.ts';
import type { Docker } from '../../docker/client.ts';
import { letLead, makeFirstPrimary } from '../../ops/backup/index.ts';
import { ofStackFile } from '../../preflight/origin.ts';
import { prepareNumber } from '../../preflight/valkeys.ts';
import { record } from '../support/mocks.ts';

jest.mock('../../ops/backup/index.ts', () => ({ letLead: jest.fn(), makeFirstPrimary: jest.fn() }));

const PAGE = 'open-webui-test';
const [FIRST = '', ...COPIES] = serverNames('redis-valkey-test');
const BALANCER = 'haproxy:3.0';

/** A Swarm by the number of tasks of each service, and what was done to it. */
function swarm(replicas: Record<string, number>, { others = false } = {}) {
  const done: string[] = [];
  const inspected = (name: string) => ({
    Spec: {
      Name: name,
      Labels: labelsOf({ project: 'open-webui', stack: others ? 'other' : 'test' }, 'server'),
      Mode: { Replicated: { Replicas: replicas[name] } },
      TaskTemplate: {
        ContainerSpec: { Image: 'a@sha256:1', Args: COPIES[0] && COPIES[0] in replicas ? [VALKEY_SECRETS] : [] },
      },
    },
  });
  const answer = ([what = '', command = '', ...rest]: readonly string[]): string => {
    if (what === 'pull') {
      done.push('pull');
      return '';
    }
    if (what === 'image') return done.includes('pull') ? '[{"Id":"sha256:b"}]' : '[]';
    if (command === 'inspect') return JSON.stringify(rest.filter((name) => name in replicas).map(inspected));
    if (command === 'ps') return 'a\tRunning\tRunning 1 minute ago\t\n'.repeat(replicas[rest.at(-1) ?? ''] ?? 0);
    const [name = '', count = ''] = (rest.at(-1) ?? '').split('=');
    done.push(`${name}=${count}`);
    replicas[name] = Number(count);
    return '';
  };
  const docker = {
    run: async (args: string[]) => answer(args),
    capture: async (args: string[]) => ({ code: 0, stdout: answer(args), stderr: '', all: '', timedOut: false }),
  } as unknown as Docker;
  jest.mocked(makeFirstPrimary).mockImplementation(async (_, { container }) => {
    done.push(`primary ${container}`);
    return true;
  });
  jest.mocked(letLead).mockImplementation(async (_, { image, volume }) => {
    done.push(`${image} leads with ${volume}`);
  });
  const prepare = (highAvailability: boolean, preview = false) =>
    record(
      () =>
        prepareNumber(
          docker,
          {
            platform: 'swarm',
            webui: { name: PAGE },
            valkey: { name: FIRST, image: 'a', volume: 'data', highAvailability, balancer: { image: BALANCER } },
          },
          [],
          ofStackFile(),
        ),
      { preview },
    );
  return { done, prepare };
}

const one = () => ({ [PAGE]: 2, [FIRST]: 1 });
const three = () => ({ ...one(), ...Object.fromEntries(COPIES.map((name) => [name, 1])) });
const ended = (names: readonly string[]) => names.map((name) => `${name}=0`);

it('does nothing where the number stays, or the service is of another stack', async () => {
  for (const { done, prepare } of [swarm(one()), swarm({}), swarm(three(), { others: true })]) {
    await prepare(false);
    expect(done).toEqual([]);
  }
  const { done, prepare } = swarm(three());
  await prepare(true);
  expect(done).toEqual([]);
});

it('says in a preview what an update stops', async () => {
  const said = jest.spyOn(pulumi.log, 'info').mockResolvedValue();
  const { done, prepare } = swarm(three());
  await prepare(false, true);
  expect(done).toEqual([]);
  expect(said.mock.calls.join()).toContain('all web UIs stop until Valkey has started again');
});

it('stops web UIs and the one server, which is to lead, when the image of the balancer is there', async () => {
  const { done, prepare } = swarm(one());
  await prepare(true);
  expect(done).toEqual(['pull', ...ended([PAGE, FIRST]), 'a@sha256:1 leads with data']);
});

it('makes the first of three the primary when nothing writes any more, and stops it last', async () => {
  const { done, prepare } = swarm(three());
  await prepare(false);
  expect(done).toEqual([...ended([PAGE]), `primary ${FIRST}`, ...ended([...COPIES, FIRST])]);
});

it('goes on where an update was killed after it had stopped the others', async () => {
  const { done, prepare } = swarm({ ...three(), ...Object.fromEntries(COPIES.map((name) => [name, 0])) });
  await prepare(false);
  expect(done).toEqual(ended([PAGE, ...COPIES, FIRST]));
});

it('starts the web UIs again where the first server does not become the primary', async () => {
  const { done, prepare } = swarm(three());
  jest.mocked(makeFirstPrimary).mockResolvedValue(false);
  await expect(prepare(false)).rejects.toThrow(/does not become the primary[\s\S]*verify/);
  expect(done).toEqual([`${PAGE}=0`, `${PAGE}=2`]);
});
