/** All that is on a Docker engine, ours or not. Labels say whose it is; the provider cannot read them, the docker command can. */

import { type Owner, ownerOf, PROJECT_LABEL, ROLE_LABEL, type Role, STACK_LABEL } from '../core/labels.ts';
import type { Docker } from './client.ts';
import { SERVICE_LABEL } from './services.ts';

/** An object on an engine. */
export interface Found {
  kind: 'container' | 'network' | 'volume';
  name: string;
  /** As the labels have it; undefined when they name none: then it is not known who made it. */
  owner: Owner | undefined;
  /** As the labels have it; undefined for what has none. */
  role: Role | undefined;
  /** Of a container: its image by the reference that it was created with, its volumes, and whether it runs. */
  image: string;
  volumes: readonly string[];
  runs: boolean;
  /** Of a container: the networks that it has joined. */
  networks?: readonly string[];
  /** Of a container: the service whose task it is. */
  service?: string | undefined;
}

const label = (name: string) => `{{.Label "${name}"}}`;
const LABELS = [PROJECT_LABEL, STACK_LABEL, ROLE_LABEL].map(label).join('\t');

const QUESTIONS = [
  {
    kind: 'container',
    args: [
      'ps',
      '--all',
      '--no-trunc',
      '--format',
      `{{.Names}}\t${LABELS}\t{{.Image}}\t{{.Mounts}}\t{{.State}}\t{{.Networks}}\t${label(SERVICE_LABEL)}`,
    ],
  },
  { kind: 'network', args: ['network', 'ls', '--format', `{{.Name}}\t${LABELS}`] },
  { kind: 'volume', args: ['volume', 'ls', '--format', `{{.Name}}\t${LABELS}`] },
] as const;

const listed = (text: string) => text.split(',').filter(Boolean);

/** An engine that has not answered by then is not waited for, in milliseconds. */
const TIMEOUT = 20_000;

/**
 * All containers, networks and volumes of an engine.
 *
 * @param kinds only these. Default: all.
 * @throws RemoteError when there is no docker command, or no engine that answers it.
 */
export async function inventory(docker: Docker, kinds?: readonly Found['kind'][]): Promise<Found[]> {
  const ask = async ({ kind, args }: (typeof QUESTIONS)[number]): Promise<Found[]> =>
    (await docker.run(args, { timeout: TIMEOUT }))
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [name = '', project = '', stack = '', role = '', ...more] = line.split('\t');
        const [image = '', mounts = '', state = '', networks = '', service = ''] = more;
        return {
          ...{ kind, name, image, volumes: listed(mounts), runs: state === 'running' },
          networks: listed(networks),
          service: service || undefined,
          owner: ownerOf({ [PROJECT_LABEL]: project, [STACK_LABEL]: stack }),
          role: (role || undefined) as Role | undefined,
        };
      });
  return (await Promise.all(QUESTIONS.filter(({ kind }) => kinds?.includes(kind) ?? true).map(ask))).flat();
}

/** The container that serves a volume or a folder. */
export const serverOn = (source: string, present: readonly Found[]) =>
  present.find(({ kind, role, volumes }) => kind === 'container' && role === 'server' && volumes.includes(source));
