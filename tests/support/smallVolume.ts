/** Volumes of a limited size, to be full, and then no longer. */

import { labelsOf } from '../../core/labels.ts';
import { type Deployment, IMAGES } from './deployment.ts';
import { docker, labelOf } from './docker.ts';

/**
 * Makes volumes for a deployment that does not exist yet; they go with it.
 *
 * @param volumes options of the mount by the name of the volume: size, and perhaps owner.
 */
export async function makeSmallVolumes(life: Deployment, volumes: Readonly<Record<string, string>>): Promise<void> {
  const labels = Object.entries(labelsOf({ project: 'open-webui', stack: life.stack }, 'data')).flatMap(
    ([label, value]) => ['--label', `${label}=${value}`],
  );
  for (const [name, options] of Object.entries(volumes)) {
    const mount = ['--opt', 'type=tmpfs', '--opt', 'device=tmpfs', '--opt', `o=${options}`];
    await docker('volume', 'create', ...labels, ...mount, name);
  }
  // They are in memory, so a container has to hold them while another is replaced. One that writes to them would be refused.
  await docker(
    ...['run', '--detach', '--init', '--name', `keeper-${life.stack}`, '--label', labelOf(life.stack)],
    ...Object.keys(volumes).flatMap((name) => ['--volume', `${name}:/${name}:ro`]),
    ...['--entrypoint', 'sleep', IMAGES.valkey, 'infinity'],
  );
}

const inside = (volume: string, script: string) =>
  docker(
    ...['run', '--rm', '--network', 'none', '--user', '0:0', '--volume', `${volume}:/volume`],
    ...['--entrypoint', 'sh', IMAGES.valkey, '-c', script],
  );

export const fill = (volume: string): Promise<string> => inside(volume, 'cat /dev/zero > /volume/fill || true');

export const empty = (volume: string): Promise<string> => inside(volume, 'rm /volume/fill');
