/** Where a web UI keeps its data today. */

import { WEBUI_DATA } from '../../core/webui.ts';
import type { Mount, Service } from './source.ts';

/** The folder in its container. */
export const dataPlaceOf = ({ env }: Service): string => env['DATA_DIR']?.replace(/(.)\/+$/, '$1') || WEBUI_DATA;

/** What is mounted there; undefined where the data is in the container alone. */
export function dataMountOf(service: Service): Mount | undefined {
  const mount = service.mounts.find(({ target }) => target === dataPlaceOf(service));
  return mount?.kind === 'volume' && mount.name === undefined ? undefined : mount;
}

/** Whether its database is a server, and so not among that data. */
export const hasDatabaseElsewhere = ({ env }: Service): boolean =>
  /^["']?postgres/i.test(env['DATABASE_URL'] ?? env['DATABASE_TYPE'] ?? '');

/** Whether uploaded files are in a bucket, and so not among that data. */
export const hasFilesElsewhere = ({ env }: Service): boolean => !['', 'local'].includes(env['STORAGE_PROVIDER'] ?? '');

/** Whether its container alone has data, which would be gone with it. */
export const hasOnlyCopy = (service: Service): boolean =>
  dataMountOf(service) === undefined && !(hasDatabaseElsewhere(service) && hasFilesElsewhere(service));
