/** The most common faults of those in docs/faults.md; npm run test:faults has them all. */

import { Deployment, IMAGES } from '../support/deployment.ts';
import { docker, labelOf } from '../support/docker.ts';
import { Belongings, drift, recovered, restarts, signal, up } from '../support/recovery.ts';

jest.setTimeout(600_000);

let life: Deployment;
let belongings: Belongings;

beforeAll(async () => {
  life = await Deployment.create('recovery');
  // As short as the time after which a server counts as hung can be.
  life.config.webui['healthcheck'] = { startPeriod: '30s', retries: 10 };
  life.writeConfig();
  await life.up();
  belongings = new Belongings(life);
  await belongings.leave();
});

afterAll(async () => {
  await life?.remove();
});

const both = async (name: string) => {
  await signal(life.valkey, 'valkey-server', name);
  await signal(life.webui, 'python', name);
};

it.each([
  ['are killed', 'KILL', 120],
  ['hang', 'STOP', 180],
])('comes back alone when both servers %s, with what people had', async (_, name, within) => {
  const before = [await restarts(life.valkey), await restarts(life.webui)];
  const since = Date.now();
  await both(name);
  await recovered(life, since, within);
  expect([await restarts(life.valkey), await restarts(life.webui)]).toEqual(before.map((count) => count + 1));
  expect(await belongings.lost()).toEqual([]);
});

it('says in verify and in the log that a server was started again, and why', async () => {
  const { detail } = (await life.verify()).check('containers') ?? {};
  for (const name of [life.valkey, life.webui]) {
    expect(detail).toMatch(new RegExp(`Docker has restarted ${name} 2 times, last at 20..-..-..T..:..:..Z`));
    expect((await life.run('docker', ['logs', name])).stderr).toContain('No answer for 30 s: the health check ends');
  }
});

it('reports what was changed by hand, with no secret in it, and repairs it', async () => {
  expect((await drift(life)).differences).toEqual([]);
  const { network } = life;
  await docker('rm', '--force', life.webui);
  await docker('network', 'disconnect', network, life.valkey);
  const { code, stdout, differences } = await drift(life);
  expect(code).toBe(1);
  expect(differences).toEqual(
    expect.arrayContaining([
      { object: `container ${life.valkey}`, what: `network ${network}`, expected: 'joined' },
      { object: `container ${life.valkey}`, what: `alias redis in ${network}`, expected: 'known' },
      { object: `container ${life.webui}`, what: 'itself', expected: 'there' },
    ]),
  );
  const { adminPassword, servers } = await life.outputs();
  for (const secret of [adminPassword, servers.valkey.operatorPassword]) expect(stdout).not.toContain(secret);
  expect(await up(life)).toContain(
    `changed outside Pulumi, to be repaired: container ${life.valkey}, container ${life.webui} (npm run drift shows what)`,
  );
  expect((await drift(life)).differences).toEqual([]);
  expect(await belongings.lost()).toEqual([]);
});

it('keeps and names a network that was joined by hand, and refuses to share data, names and networks', async () => {
  const proxy = `proxy-${life.stack}`;
  const other = `other-${life.stack}`;
  const label = ['--label', labelOf(life.stack)];
  const id = await docker('inspect', '--format', '{{.Id}}', life.webui);
  await docker('network', 'create', ...label, proxy);
  await docker('network', 'connect', proxy, life.webui);
  const joined = `container ${life.webui} is on the network ${proxy} as well`;
  expect(await drift(life)).toMatchObject({ code: 0, differences: [], stdout: expect.stringContaining(joined) });
  expect(await up(life)).toContain(`joined by hand, and kept: ${joined}`);
  expect(await docker('inspect', '--format', '{{.Id}}', life.webui)).toBe(id);
  await docker('network', 'disconnect', proxy, life.webui);

  await docker(
    ...['run', '--detach', '--name', other, ...label, '--network', life.network, '--network-alias', 'redis'],
    ...['--restart', 'always', '--volume', `${life.webui}:/data`, '--entrypoint', 'sleep', IMAGES.valkey, '600'],
  );
  try {
    const shared = [`volume ${life.webui}`, `network ${life.network}`];
    expect((await drift(life)).differences.map(({ object }) => object)).toEqual(shared);
    expect((await life.verify()).check('exclusive')?.detail).toContain(`on which the container ${other} runs`);
    const refused = await life.command('up');
    expect(refused.code).toBe(1);
    expect(refused.stdout + refused.stderr).toContain(`docker network disconnect ${life.network} ${other}`);
    const down = await life.command('down');
    expect(down.code).toBe(1);
    expect(down.stderr).toContain(`Nothing was removed.\n  ${other}, on ${life.network}\n`);
    await docker('stop', '--time', '0', other);
    expect((await life.preview().catch(String)).toString()).toContain(
      'its restart policy "always" lets Docker start it',
    );
  } finally {
    await docker('rm', '--force', other);
  }
  expect(await up(life)).toMatch(/✔ drift +none/);
  expect(await docker('inspect', '--format', '{{.Id}}', life.webui)).toBe(id);
});

it('sees at once that nothing has changed since the last npm run up, and misses no change', async () => {
  const same = await up(life);
  expect(same).toContain('comparing with the last run');
  expect(same).toMatch(/✔ drift +none/);
  expect(same).toMatch(/^ +\d+ unchanged$/m);
  expect(same).toMatch(/✔ websocket +a signed-in browser gets events/);

  const repaired = `changed outside Pulumi, to be repaired: container ${life.valkey}`;
  await docker('update', '--restart', 'no', life.valkey);
  const changed = await up(life);
  expect(changed).toContain('something has changed since the last run');
  expect(changed).toContain(repaired);
  // A server that is missing is seen before anything is compared.
  await docker('rm', '--force', life.valkey);
  expect(await up(life)).toContain(repaired);
  expect(await up(life)).toMatch(/✔ drift +none/);
  expect(await belongings.lost()).toEqual([]);
});
