import { RemoteError } from '../core/errors.mjs';
import { OPERATIONS_ROLE, POSTGRES_RUN, WEBUI_DATABASE } from '../core/postgres.js';
export const PLACE = ['--host', POSTGRES_RUN, '--username', OPERATIONS_ROLE, '--dbname', WEBUI_DATABASE];
export async function query(docker, container, sql) {
    const psql = ['psql', '--no-psqlrc', '--quiet', '--tuples-only', '--no-align', '--field-separator', '\t'];
    const { code, stdout, stderr } = await docker.capture(['exec', container, ...psql, ...PLACE, '--command', sql]);
    if (code !== 0)
        throw new RemoteError(`Postgres answers: ${stderr.trim().split('\n').at(0)}`);
    return stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => line.split('\t'));
}
