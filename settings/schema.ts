/** Every setting of a stack: its type, default, what is allowed and what to do about a wrong one. Written once, here. */

import { isIP } from 'node:net';
import { z } from 'zod';
import {
  type Duration,
  durationPattern,
  type Memory,
  memoryPattern,
  type Size,
  sizePattern,
} from '../components/units.ts';
import { imageProblem } from './image.ts';

/** What an error says about a setting. */
export interface Guidance {
  description: string;
  allowed: string;
  fix?: string;
}

/** Attaches to a setting what its errors and its documentation say. */
const told = <Schema extends z.ZodType>(schema: Schema, description: string, allowed: string, fix?: string): Schema =>
  schema.meta({ description, allowed, fix } satisfies { [Key in keyof Guidance]: string | undefined });

/** An object that refuses keys which it does not know. All of its settings have defaults, and so has it. */
const group = <Shape extends z.ZodRawShape>(shape: Shape, description: string) =>
  told(z.strictObject(shape).prefault({} as never), description, 'an object with its settings, one a line');

const dockerName = (description: string, base: string) =>
  told(
    z
      .string()
      .regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,127}$/)
      .default(base),
    description,
    '2 to 128 letters, digits, "_", "." and "-", with a letter or digit first',
    `write a name such as "${base}"`,
  );

const image = (description: string, reference: string) =>
  told(
    z
      .string()
      .superRefine((text, context) => {
        const problem = imageProblem(text);
        if (problem) context.addIssue({ code: 'custom', params: problem });
      })
      .default(reference),
    description,
    'an image reference as Docker reads it: [registry/]name[:tag][@digest], the name in lower case',
    `write a reference such as "${reference}"`,
  );

const flag = (description: string, value: boolean) =>
  told(z.boolean().default(value), description, 'true or false', 'write true or false, without quotes');

const duration = (description: string, value: Duration, { least = 1 }: { least?: 0 | 1 } = {}) =>
  told(
    z
      .custom<Duration>(
        (text) => typeof text === 'string' && durationPattern.test(text) && Number.parseInt(text, 10) >= least,
      )
      .default(value),
    description,
    `a whole number with its unit s, m or h, at least ${least}s`,
    `write it as "${value}"`,
  );

const size = (description: string, value: Size) =>
  told(
    z.custom<Size>((text) => typeof text === 'string' && sizePattern.test(text)).default(value),
    description,
    'a whole number, a space and KB, MB or GB',
    `write it as "${value}"`,
  );

const memory = (description: string, value: Memory) =>
  told(
    z.custom<Memory>((text) => typeof text === 'string' && memoryPattern.test(text)).default(value),
    description,
    'a whole number, a space and MiB or GiB',
    `write it as "${value}"`,
  );

const cpus = told(
  z
    .number()
    .min(0.1)
    // The provider takes a whole number of 10 and more for a change at every run.
    .max(9.9)
    .refine((value) => Math.abs(value * 10 - Math.round(value * 10)) < 1e-9)
    .optional(),
  'Processors that the container may use; all of the host by default. A change replaces the container',
  'a number from 0.1 to 9.9 in steps of 0.1, and not more than the host has',
  'write it without quotes, such as 1.5',
);

const count = (description: string, value: number, most: number) =>
  told(
    z.int().min(1).max(most).default(value),
    description,
    `a whole number from 1 to ${most}`,
    `write it without quotes, such as ${value}`,
  );

const choice = <Choice extends string>(description: string, first: Choice, ...others: Choice[]) =>
  told(
    z.enum([first, ...others]).default(first as never),
    description,
    [first, ...others].join(' or '),
    `write ${first}, or leave it out`,
  );

const port = (description: string, value: number) =>
  told(
    z.int().min(1).max(65535).default(value),
    description,
    'a whole number from 1 to 65535',
    'choose a port of the Docker host that is free',
  );

const address = (description: string) =>
  told(
    z
      .string()
      .refine((text) => isIP(text) !== 0)
      .default('127.0.0.1'),
    description,
    'an IP address of the Docker host',
    'write 127.0.0.1 for the host alone, or 0.0.0.0 for everybody who can reach it',
  );

const healthcheck = (defaults: { startPeriod: Duration; interval: Duration; timeout: Duration; retries: number }) =>
  group(
    {
      startPeriod: duration('Time after the start in which failures do not count', defaults.startPeriod, { least: 0 }),
      interval: duration('Time between two checks', defaults.interval),
      timeout: duration('Time after which a check counts as failed', defaults.timeout),
      retries: count('Failures in a row that make the container unhealthy', defaults.retries, 100),
    },
    'When the container counts as healthy. A change replaces the container',
  );

const log = (maxSize: Size, maxFiles: number) =>
  group(
    {
      maxSize: size('Size at which a log file is rotated', maxSize),
      maxFiles: count('Log files that are kept', maxFiles, 1000),
    },
    'Rotation of the json-file log. A change replaces the container',
  );

const environment = told(
  z
    .record(
      z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/),
      told(
        z.union([z.string(), z.number(), z.boolean()]).transform(String),
        'Value of a variable',
        'a text, number, true or false',
        'put quotes around the value, or remove the variable',
      ),
    )
    .default({}),
  'More environment variables of Open WebUI, such as OLLAMA_BASE_URL. A change replaces the container',
  'variables as NAME: value',
  'write one NAME: value a line',
);

const protectData = (stack: string) =>
  flag(
    'Whether Pulumi refuses to replace or delete the volume; true in stacks whose name begins with prod',
    stack.startsWith('prod'),
  );

/**
 * The settings of one stack. Names carry the stack's name unless the stack file says otherwise, so that stacks can share a Docker host.
 */
export const schemaFor = (stack: string) =>
  z.strictObject({
    network: group(
      {
        name: dockerName('Name of the Docker network. A change replaces both containers', `openwebui-network-${stack}`),
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
            .default('redis'),
          'Host name of Valkey inside the network. A change replaces both containers',
          'a host name of lower-case letters, digits and "-", other than localhost',
          'write a name such as "redis"; inside the web UI\'s container localhost is the web UI itself',
        ),
        image: image('Image of Valkey. A change replaces the container', 'docker.io/valkey/valkey:8.0.10-alpine'),
        volume: dockerName(
          'Volume with the data. A change starts with an empty one and keeps the old',
          `redis-data-${stack}`,
        ),
        protectData: protectData(stack),
        snapshot: group(
          {
            after: duration('Time after which changes are written to disk', '30s'),
            changes: count('Changes that are worth writing', 1, 1_000_000_000),
          },
          'When Valkey writes a snapshot. A change replaces the container',
        ),
        auth: flag(
          'Whether Valkey asks for a password. Without one everybody on the network can read and change all of it. A change replaces both containers',
          true,
        ),
        maxMemory: memory(
          'Data that Valkey takes before it refuses to write. A change replaces the container',
          '256 MiB',
        ),
        memory: memory('Memory of the container', '512 MiB'),
        cpus,
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
        healthcheck: healthcheck({ startPeriod: '5s', interval: '1s', timeout: '3s', retries: 5 }),
        log: log('1 MB', 1),
      },
      'The Valkey container, which carries the websocket events',
    ),
    webui: group(
      {
        name: dockerName('Name of the container. A change replaces it', `open-webui-${stack}`),
        image: image('Image of Open WebUI. A change replaces the container', 'ghcr.io/open-webui/open-webui:v0.12.4'),
        volume: dockerName(
          'Volume with the data. A change starts with an empty one and keeps the old',
          `open-webui-${stack}`,
        ),
        protectData: protectData(stack),
        publish: group(
          {
            port: port('Port on the Docker host', 3000),
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
              z.string().min(1).max(100).default('Admin'),
              'Display name of the first administrator; has an effect only on an empty volume',
              '1 to 100 characters',
            ),
          },
          'The administrator that the deployment creates',
        ),
        configuration: choice(
          'Who decides on the settings that Open WebUI has in its admin panel: the page, once the first start has taken them from env; or the file, at every start',
          'page',
          'file',
        ),
        signup: choice('Whether strangers may sign up, for an administrator to let in', 'closed', 'open'),
        env: environment,
        memory: memory('Memory of the container', '4 GiB'),
        cpus,
        healthcheck: healthcheck({ startPeriod: '2m', interval: '5s', timeout: '5s', retries: 3 }),
        log: log('10 MB', 3),
      },
      'The web UI container',
    ),
  });

/** The settings of one stack, each of them checked and with its default. */
export type Checked = z.output<ReturnType<typeof schemaFor>>;
