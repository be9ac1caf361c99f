/** Every setting of a stack with its default. Those that the components have as well are written in core/defaults.ts. */

import { z } from 'zod';
import { valkeyDefaults, webuiDefaults } from '../core/defaults.ts';
import { VALKEY_PORT } from '../core/valkey.ts';
import { choice, count, described, dockerName, duration, engine, environment, flag, group, memory } from './leaves.ts';
import { publishable, published, serverSettings } from './server.ts';

/**
 * The settings of one stack. Default names carry the stack's name, so that stacks can share a Docker host.
 */
export const schemaFor = (stack: string) =>
  z.strictObject({
    host: engine,
    hardening: choice(
      'How far the containers are locked down. strict: no capability, no root, read-only root file systems, and a network without a way out for Valkey. A change replaces both containers',
      valkeyDefaults.hardening,
      'strict',
    ),
    network: group(
      {
        name: dockerName('Name of the Docker network. A change replaces both containers', `openwebui-network-${stack}`),
        internalName: dockerName(
          'Name of the network that only Valkey and the web UI join; created with hardening: strict only. A change replaces both containers',
          `openwebui-internal-${stack}`,
        ),
        external: flag('Whether the network exists already; it is then used, and never changed or deleted', false),
      },
      'The Docker network that both containers join',
    ),
    valkey: group(
      {
        ...serverSettings(stack, valkeyDefaults, {
          name: `redis-valkey-${stack}`,
          volume: `redis-data-${stack}`,
          imageText:
            "Image of Valkey, with the official entrypoint. A change replaces the container; an older release than the data's is refused",
        }),
        alias: described(
          z
            .string()
            .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)
            .refine((text) => text !== 'localhost')
            .default(valkeyDefaults.alias),
          'Host name of Valkey inside the network. A change replaces both containers',
          'a host name of lower-case letters, digits and "-", other than localhost',
          'write a name such as "redis"; inside the web UI\'s container localhost is the web UI itself',
        ),
        persistence: choice(
          'What Valkey loses when it is killed. aof: at most a second, because it writes an append-only file besides the snapshots; snapshots: everything since the last one. A change replaces the container, which converts the data',
          valkeyDefaults.persistence,
          'snapshots',
        ),
        snapshot: group(
          {
            after: duration('Time after which changes are written to a snapshot', valkeyDefaults.snapshot.after),
            changes: count('Changes that are worth writing', valkeyDefaults.snapshot.changes, 1_000_000_000),
          },
          'When Valkey writes a snapshot. A change replaces the container',
        ),
        auth: flag(
          'Whether Valkey asks for a password. Without one, everything on the network can read and change all of it. A change replaces both containers',
          true,
        ),
        maxMemory: memory(
          'Data that Valkey takes before it refuses to write. A change replaces the container',
          valkeyDefaults.maxMemory,
        ),
        publish: publishable(
          VALKEY_PORT,
          'Publishes Valkey on the Docker host, for debugging; not published by default. A change replaces the container',
        ),
      },
      'The Valkey container, which carries the websocket events',
    ),
    webui: group(
      {
        ...serverSettings(stack, webuiDefaults, {
          name: `open-webui-${stack}`,
          volume: `open-webui-${stack}`,
          imageText: 'Image of Open WebUI. A change replaces the container, after a backup',
        }),
        publish: published(webuiDefaults.publish.port),
        url: described(
          z
            .string()
            .refine(
              (text) =>
                URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).pathname === '/',
            )
            .transform((text) => new URL(text).origin)
            .optional(),
          'Address at which people open the page, where it is not the published one: that of a proxy, for example',
          'an http:// or https:// address without a path',
          'write it as "https://chat.example.com"',
        ),
        admin: group(
          {
            email: described(
              z.email().default(webuiDefaults.admin.email),
              'Sign-in name of the first administrator; used only while the volume is empty',
              'an e-mail address',
              'write it as "you@example.com"',
            ),
            name: described(
              z.string().min(1).max(100).default(webuiDefaults.admin.name),
              'Display name of the first administrator; used only while the volume is empty',
              '1 to 100 characters',
            ),
          },
          'The administrator that the deployment creates',
        ),
        backupBeforeUpgrade: flag(
          'Whether a backup is made before another image takes over the data; without a backup there is no upgrade',
          true,
        ),
        configuration: choice(
          'What decides on the settings of the admin panel: page, the panel itself, after the first start has taken them from env; or file, env at every start',
          webuiDefaults.configuration,
          'file',
        ),
        signup: choice('Whether strangers may sign up, for an administrator to approve', webuiDefaults.signup, 'open'),
        env: environment,
      },
      'The web UI container',
    ),
  });

/** The settings of one stack, each of them checked and with its default. */
export type Checked = z.output<ReturnType<typeof schemaFor>>;
