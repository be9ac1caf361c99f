/** Services of a Swarm: what a Compose file says for `docker stack deploy` alone, and how such services are stopped and started. */

import type { Service, Source } from './source.ts';

/** Label of the containers of a service, with its name. */
export const TASK = 'com.docker.swarm.service.name';

/** Keys that docker compose ignores, so that they are in a file for the other command. */
const SWARM_ONLY = ['labels', 'placement', 'endpoint_mode', 'update_config', 'rollback_config'];

/** Whether a service may run in a Swarm: its file does not say which command has started it. */
export const mayBeInSwarm = ({ rest }: Service): boolean => SWARM_ONLY.some((key) => `deploy.${key}` in rest);

/** Name of a service in the Swarm. */
export const inSwarm = ({ project }: Source, { name }: Service): string => `${project}_${name}`;

/** The container of such a service, whose name holds the id of its task, as a word of a command line. */
export const taskOf = (source: Source, service: Service): string =>
  `"$(docker ps --quiet --filter label=${TASK}=${inSwarm(source, service)})"`;
