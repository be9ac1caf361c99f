import type { Storage } from '../core/storage.ts';

/** How a container of the docker command gets data at a path. Unlike `--volume`, it makes no folder that is missing. */
export const mountArgs = (storage: Storage, target: string, { readOnly = false } = {}): string[] => {
  const mount = 'folder' in storage ? `type=bind,source=${storage.folder}` : `type=volume,source=${storage.volume}`;
  return ['--mount', `${mount},target=${target}${readOnly ? ',readonly' : ''}`];
};
