/** What is on a Docker engine, whoever made it. Labels say who did, and the provider has no way to read them: the docker command has. */

import { dockerCommand, type Endpoint } from './dockerCommand.ts';

export interface Found {
  kind: 'container' | 'network' | 'volume';
  name: string;
  /** `project/stack` of the labels; undefined where they are missing, so that nobody is known to have made it. */
  owner: string | undefined;
  /** Of a container: its image by the reference that it was made with, the volumes that it uses, and whether it runs. */
  image: string;
  volumes: readonly string[];
  runs: boolean;
}

const OWNER = '{{.Label "com.pulumi.project"}}\t{{.Label "com.pulumi.stack"}}';

const QUESTIONS = [
  {
    kind: 'container',
    args: ['ps', '--all', '--no-trunc', '--format', `{{.Names}}\t${OWNER}\t{{.Image}}\t{{.Mounts}}\t{{.State}}`],
  },
  { kind: 'network', args: ['network', 'ls', '--format', `{{.Name}}\t${OWNER}`] },
  { kind: 'volume', args: ['volume', 'ls', '--format', `{{.Name}}\t${OWNER}`] },
] as const;

/**
 * All containers, networks and volumes of an engine.
 *
 * @throws Error that says why it cannot be told: there is no docker command, or no engine that answers it.
 */
export async function inventory(endpoint: Endpoint): Promise<Found[]> {
  const ask = async ({ kind, args }: (typeof QUESTIONS)[number]): Promise<Found[]> =>
    (await dockerCommand(endpoint, args))
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [name = '', project = '', stack = '', image = '', mounts = '', state = ''] = line.split('\t');
        const owner = project && stack ? `${project}/${stack}` : undefined;
        return { kind, name, owner, image, volumes: mounts.split(',').filter(Boolean), runs: state === 'running' };
      });
  return (await Promise.all(QUESTIONS.map(ask))).flat();
}
