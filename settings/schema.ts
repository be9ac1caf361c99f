/** Every setting of a stack with its default. Those that the components have as well are written in components/defaults.ts. */

import { z } from 'zod';
import { valkeyDefaults, webuiDefaults } from '../core/defaults.ts';
import {
  address,
  adoptVolume,
  choice,
  count,
  cpus,
  dockerName,
  duration,
  engine,
  environment,
  flag,
  group,
  healthcheck,
  image,
  log,
  memory,
  pidsLimit,
  port,
  protectData,
  told,
} from './leaves.ts';

/**
 * The settings of one stack. Names carry the stack's name unless the stack file says otherwise, so that stacks can share a Docker host.
 */
export const schemaFor = (stack: string) =>
  z.strictObject({
    host: engine,
    hardening: choice(
      'How much the containers are kept from. strict: no capability, no root, read-only root file systems, and for Valkey a network without a way out. A change replaces both containers',
      valkeyDefaults.hardening,
      'strict',
    ),
    network: group(
      {
        name: dockerName('Name of the Docker network. A change replaces both containers', `openwebui-network-${stack}`),
        internalName: dockerName(
          'Name of the network on which Valkey meets the web UI alone; made with hardening: strict only. A change replaces both containers',
          `openwebui-internal-${stack}`,
        ),
        external: flag('Whether somebody else makes the network and it is only looked up', false),
      },
      'The Docker network that both containers join',
    ),
    valkey: group(
      {
        name: dockerName('Name of the container. A change replaces it', `redis-valkey-${stack}`),
        alias: told(
          z
            .string()
            .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)
            .refine((text) => text !== 'localhost')
            .default(valkeyDefaults.alias),
          'Host name of Valkey inside the network. A change replaces both containers',
          'a host name of lower-case letters, digits and "-", other than localhost',
          'write a name such as "redis"; inside the web UI\'s container localhost is the web UI itself',
        ),
        image: image(
          'Image of Valkey, with the official entrypoint. A change replaces the container; an older release than the data has is refused',
          valkeyDefaults.image,
        ),
        volume: dockerName(
          'Volume with the data. A change starts with an empty one and keeps the old',
          `redis-data-${stack}`,
        ),
        adoptVolume,
        protectData: protectData(stack),
        persistence: choice(
          'What Valkey loses when it is killed. aof: a second at most, as it writes an append-only file besides the snapshots; snapshots: all since the last one. A change replaces the container, which converts the data',
          valkeyDefaults.persistence,
          'snapshots',
        ),
        snapshot: group(
          {
            after: duration('Time after which changes are written into a snapshot', valkeyDefaults.snapshot.after),
            changes: count('Changes that are worth writing', valkeyDefaults.snapshot.changes, 1_000_000_000),
          },
          'When Valkey writes a snapshot. A change replaces the container',
        ),
        auth: flag(
          'Whether Valkey asks for a password. Without one everybody on the network can read and change all of it. A change replaces both containers',
          true,
        ),
        maxMemory: memory(
          'Data that Valkey takes before it refuses to write. A change replaces the container',
          valkeyDefaults.maxMemory,
        ),
        memory: memory('Memory of the container', valkeyDefaults.memory),
        cpus,
        pidsLimit: pidsLimit(valkeyDefaults.pidsLimit),
        publish: told(
          z
            .strictObject({
              port: port('Port on the Docker host', 6379),
              address: address('Address on the Docker host'),
            })
            .optional(),
          'Publishes Valkey on the Docker host, for debugging; not published by default. A change replaces the container',
          'an object with port and address, or nothing at all',
          'write {} for 127.0.0.1:6379, or remove it',
        ),
        healthcheck: healthcheck(valkeyDefaults.healthcheck),
        log: log(valkeyDefaults.log),
      },
      'The Valkey container, which carries the websocket events',
    ),
    webui: group(
      {
        name: dockerName('Name of the container. A change replaces it', `open-webui-${stack}`),
        image: image('Image of Open WebUI. A change replaces the container', webuiDefaults.image),
        volume: dockerName(
          'Volume with the data. A change starts with an empty one and keeps the old',
          `open-webui-${stack}`,
        ),
        adoptVolume,
        protectData: protectData(stack),
        publish: group(
          {
            port: port('Port on the Docker host', webuiDefaults.publish.port),
            address: address('Address on the Docker host'),
          },
          'Where the page is published. A change replaces the container',
        ),
        url: told(
          z
            .string()
            .refine(
              (text) =>
                URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).pathname === '/',
            )
            .transform((text) => new URL(text).origin)
            .optional(),
          'Address at which people open the page, when it is not the published one (a proxy, say)',
          'an http:// or https:// address without a path',
          'write it as "https://chat.example.com"',
        ),
        admin: group(
          {
            email: told(
              z.email().default('admin@example.com'),
              'Sign-in name of the first administrator; has an effect only on an empty volume',
              'an e-mail address',
              'write it as "you@example.com"',
            ),
            name: told(
              z.string().min(1).max(100).default(webuiDefaults.admin.name),
              'Display name of the first administrator; has an effect only on an empty volume',
              '1 to 100 characters',
            ),
          },
          'The administrator that the deployment creates',
        ),
        backupBeforeUpgrade: flag(
          'Whether a backup is made before another image takes over the data, and without one there is no upgrade',
          true,
        ),
        configuration: choice(
          'Who decides on the settings that Open WebUI has in its admin panel: the page, once the first start has taken them from env; or the file, at every start',
          webuiDefaults.configuration,
          'file',
        ),
        signup: choice('Whether strangers may sign up, for an administrator to let in', webuiDefaults.signup, 'open'),
        env: environment,
        memory: memory('Memory of the container', webuiDefaults.memory),
        cpus,
        pidsLimit: pidsLimit(webuiDefaults.pidsLimit),
        healthcheck: healthcheck(webuiDefaults.healthcheck),
        log: log(webuiDefaults.log),
      },
      'The web UI container',
    ),
  });

/** The settings of one stack, each of them checked and with its default. */
export type Checked = z.output<ReturnType<typeof schemaFor>>;
