/** A web UI that is on its way: a new release migrates the database before it listens, and must not be ended in the middle of that. */

import { UserError } from '../../core/errors.mjs';
import { filtersOf, type Owner } from '../../core/labels.ts';
import { until } from '../../core/until.ts';
import { WEBUI_DATA, WEBUI_PORT } from '../../core/webui.ts';
import type { Docker } from '../../docker/client.ts';
import { isHealthy, waitUntilHealthy } from '../../docker/health.ts';
import { type Container, inspect, inspectContainer } from '../../docker/inspect.ts';
import { readLog } from '../../docker/logs.ts';

/** For bash in the container: succeeds when the server accepts connections. */
const LISTENS = `exec 3<>/dev/tcp/127.0.0.1/${WEBUI_PORT}`;

/** A server that ended this often will not get further by waiting. */
const TRIES = 3;

/** How long a server that listens may take to be found healthy. */
const CHECKED_SECONDS = 60;

/** How often the wait is shown, in milliseconds. */
const SHOWN_EVERY = 30_000;

/** Whether a web UI runs and does not listen yet. One that listens and is not healthy has another problem than that it needs time. */
export async function isStarting(docker: Docker, container: Container | undefined): Promise<boolean> {
  if (!container?.State.Running || container.State.Restarting || container.RestartCount >= TRIES) return false;
  if (isHealthy(container)) return false;
  const { code } = await docker.capture(['exec', container.Id, 'bash', '-c', LISTENS]);
  return code !== 0;
}

/** Whether the web UI of a stack is on its way. */
export async function startsStill(docker: Docker, owner: Owner): Promise<boolean> {
  const ids = (await docker.run(['ps', '--quiet', ...filtersOf(owner, 'server')])).split('\n').filter(Boolean);
  const servers = await inspect(docker, 'container', ids);
  const webui = servers.find(({ Mounts }) => Mounts.some(({ Destination }) => Destination === WEBUI_DATA));
  return isStarting(docker, webui);
}

const minutes = (milliseconds: number) => `${Math.floor(milliseconds / 60_000)} min`;

/** The last line of a container's log; empty where it cannot be read. */
const lastLine = async (docker: Docker, name: string): Promise<string> =>
  (await readLog(docker, name, 1)).text.trim().split('\n').at(-1) ?? '';

/**
 * Waits until a web UI that starts has come to an end of that.
 *
 * @param show gets a line now and then.
 * @returns whether it is healthy; otherwise it has ended, or has another problem than that it needs time.
 * @throws UserError when it takes longer; it is left as it is.
 */
export async function waitWhileStarting(
  docker: Docker,
  name: string,
  { seconds, show }: { seconds: number; show: (line: string) => void },
): Promise<boolean> {
  let shown = 0;
  const look = async () => {
    const container = await inspectContainer(docker, name);
    const starting = await isStarting(docker, container);
    if (starting && container && Date.now() - shown >= SHOWN_EVERY) {
      shown = Date.now();
      const line = await lastLine(docker, name);
      const since = minutes(Date.now() - Date.parse(container.State.StartedAt));
      show(
        `${name} has been starting for ${since}; waiting for it (docker rm --force ${name} ends it)${line && `; its log: ${line.slice(0, 120)}`}`,
      );
    }
    return starting;
  };
  if (!(await until(look, (starting) => !starting, { seconds, everyMs: 2000 }))) {
    // It listens, and its health check has still to see that.
    return waitUntilHealthy(docker, name, CHECKED_SECONDS).then(
      () => true,
      () => false,
    );
  }
  throw new UserError(
    `${name} is still starting, as it does while it migrates its database, and was not interrupted`,
    `wait (docker logs --follow ${name}), then try again; raise webui.upgradeTimeout to wait longer here; docker rm --force ${name} ends it`,
  );
}
