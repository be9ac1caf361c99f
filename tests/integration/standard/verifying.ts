/** `npm run verify`: what it sees, says and leaves. */

import { until } from '../../../core/until.ts';
import type { Deployment } from '../../support/deployment.ts';
import { docker } from '../../support/docker.ts';

/** Tests of a deployment; leaves it unchanged, with a web UI that was restarted. */
export function verifying(deployed: () => Deployment): void {
  let life: Deployment;

  beforeAll(() => {
    life = deployed();
  });

  /** Number of rows of every table of the web UI's database. */
  const rows = async () =>
    JSON.parse(
      await docker(
        ...['exec', life.webui, 'python', '-c'],
        'import json, sqlite3; d = sqlite3.connect("/app/backend/data/webui.db"); t = [r[0] for r in d.execute("select name from sqlite_master where type = \'table\' order by name")]; print(json.dumps({n: d.execute(f\'select count(*) from "{n}"\').fetchone()[0] for n in t}))',
      ),
    ) as Record<string, number>;

  it('leaves nothing behind', async () => {
    const before = await rows();
    expect(before['user']).toBe(1);
    expect((await life.verify()).ok).toBe(true);
    expect(await rows()).toEqual(before);
  });

  it('tells what is wrong when the password is another one, without showing it', async () => {
    const report = await life.verify({ OPEN_WEBUI_PASSWORD: 'some-other-word' });
    expect(report.code).toBe(1);
    expect(report.checks.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(['websocket']);
    expect(report.check('websocket')?.detail).toBe(
      'admin@example.com cannot sign in: the password is not the one of this stack',
    );
    expect(report.check('websocket')?.next).toContain('OPEN_WEBUI_PASSWORD');
    expect(report.stdout).not.toContain('some-other-word');
  });

  it('fails when Valkey cannot be reached from the web UI', async () => {
    await docker('network', 'disconnect', life.network, life.valkey);
    try {
      const report = await life.verify();
      expect(report.code).toBe(1);
      const failed = report.checks.filter(({ ok }) => !ok).map(({ name }) => name);
      // Depending on the moment, the engine has noticed it already.
      expect(failed[0]).toMatch(/^(containers|ready)$/);
      expect(report.check('ping')?.ok ?? true).toBe(true);
    } finally {
      await docker('network', 'connect', '--alias', 'redis', life.network, life.valkey);
    }
    // Its next checks find it well again.
    const { checks } = await until(
      () => life.verify(),
      ({ ok }) => ok,
      { seconds: 90, everyMs: 2000 },
    );
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  });

  it('fails when a container is stopped, and says how to look', async () => {
    await docker('stop', life.webui);
    try {
      const report = await life.verify();
      expect(report.code).toBe(1);
      expect(report.checks).toHaveLength(1);
      expect(report.check('containers')).toMatchObject({
        ok: false,
        detail: expect.stringContaining(`${life.webui} is not running and healthy: exited`),
        next: `docker logs --tail 50 ${life.webui}`,
      });
    } finally {
      await docker('start', life.webui);
    }
    expect((await life.verify()).ok).toBe(true);
  });
}
