import { UserError } from '../../core/errors.mjs';
import { filtersOf } from '../../core/labels.js';
import { until } from '../../core/until.js';
import { WEBUI_DATA, WEBUI_PORT } from '../../core/webui.js';
import { isHealthy, waitUntilHealthy } from '../../docker/health.js';
import { inspect, inspectContainer } from '../../docker/inspect.js';
import { readLog } from '../../docker/logs.js';
const LISTENS = `exec 3<>/dev/tcp/127.0.0.1/${WEBUI_PORT}`;
const TRIES = 3;
const CHECKED_SECONDS = 60;
const SHOWN_EVERY = 30_000;
export async function isStarting(docker, container) {
    if (!container?.State.Running || container.State.Restarting || container.RestartCount >= TRIES)
        return false;
    if (isHealthy(container))
        return false;
    const { code } = await docker.capture(['exec', container.Id, 'bash', '-c', LISTENS]);
    return code !== 0;
}
export async function startsStill(docker, owner) {
    const ids = (await docker.run(['ps', '--quiet', ...filtersOf(owner, 'server')])).split('\n').filter(Boolean);
    const servers = await inspect(docker, 'container', ids);
    const webui = servers.find(({ Mounts }) => Mounts.some(({ Destination }) => Destination === WEBUI_DATA));
    return isStarting(docker, webui);
}
const minutes = (milliseconds) => `${Math.floor(milliseconds / 60_000)} min`;
const lastLine = async (docker, name) => (await readLog(docker, name, 1)).text.trim().split('\n').at(-1) ?? '';
export async function waitWhileStarting(docker, name, { seconds, show }) {
    let shown = 0;
    const look = async () => {
        const container = await inspectContainer(docker, name);
        const starting = await isStarting(docker, container);
        if (starting && container && Date.now() - shown >= SHOWN_EVERY) {
            shown = Date.now();
            const line = await lastLine(docker, name);
            const since = minutes(Date.now() - Date.parse(container.State.StartedAt));
            show(`${name} has been starting for ${since}; waiting for it (docker rm --force ${name} ends it)${line && `; its log: ${line.slice(0, 120)}`}`);
        }
        return starting;
    };
    if (!(await until(look, (starting) => !starting, { seconds, everyMs: 2000 }))) {
        return waitUntilHealthy(docker, name, CHECKED_SECONDS).then(() => true, () => false);
    }
    throw new UserError(`${name} is still starting, as it does while it migrates its database, and was not interrupted`, `wait (docker logs --follow ${name}), then try again; raise webui.upgradeTimeout to wait longer here; docker rm --force ${name} ends it`);
}
