/** The kinds of settings: each with what is allowed, and what to do about a wrong one. */

import { isIP } from 'node:net';
import { z } from 'zod';
import { ADDRESS } from '../core/defaults.ts';
import { plainPath } from '../core/hostPaths.ts';
import { imageProblem } from '../core/images.ts';
import { isProduction } from '../core/stacks.ts';
import { type Duration, durationPattern, type Memory, memoryPattern, type Size, sizePattern } from '../core/units.ts';
import { canonical } from '../core/urls.ts';

/** What an error says about a setting. */
export interface Guidance {
  description: string;
  allowed: string;
  fix?: string;
  /** Whether it is always a secret: no error repeats its value, or says how to write it in clear. Default: false */
  secret?: boolean;
}

/** Attaches to a setting the text of its errors and its documentation. */
export const described = <Schema extends z.ZodType>(
  schema: Schema,
  description: string,
  allowed: string,
  fix?: string,
  { secret }: Pick<Guidance, 'secret'> = {},
): Schema =>
  schema.meta({ description, allowed, fix, ...(secret && { secret }) } satisfies {
    [Key in keyof Guidance]: Guidance[Key] | undefined;
  });

/** An object that refuses unknown keys. All of its settings have defaults, and so has it. */
export const group = <Shape extends z.ZodRawShape>(shape: Shape, description: string) =>
  described(z.strictObject(shape).prefault({} as never), description, 'an object with one setting per line');

/** What is wrong with a key that its record does not take: why, what is allowed, and what to do. */
const keys = new WeakMap<z.core.$ZodType, Guidance>();

/** Attaches to the names of a record the text of their errors; the description says why a name is refused. */
export const keyNamed = <Key extends z.ZodType>(key: Key, guidance: Guidance): Key => {
  keys.set(key, guidance);
  return key;
};

export const guidanceOfKey = (key: z.core.$ZodType): Guidance | undefined => keys.get(key);

export const DOCKER_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,127}$/;
export const DOCKER_NAME_TEXT = '2 to 128 letters, digits, "_", "." or "-", starting with a letter or digit';

export const dockerName = (description: string, base: string) =>
  described(z.string().regex(DOCKER_NAME).default(base), description, DOCKER_NAME_TEXT, `use a name such as "${base}"`);

export const image = (description: string, reference: string) =>
  described(
    z
      .string()
      .superRefine((text, context) => {
        const problem = imageProblem(text);
        if (problem) context.addIssue({ code: 'custom', params: problem });
      })
      .default(reference),
    description,
    'a Docker image reference: [registry/]name[:tag][@digest], with the name in lower case',
    `use a reference such as "${reference}"`,
  );

export const flag = (description: string, value: boolean) =>
  described(z.boolean().default(value), description, 'true or false', 'write true or false, without quotes');

export const duration = (description: string, value: Duration, { least = 1 }: { least?: 0 | 1 } = {}) =>
  described(
    z
      .custom<Duration>(
        (text) => typeof text === 'string' && durationPattern.test(text) && Number.parseInt(text, 10) >= least,
      )
      .default(value),
    description,
    `a whole number and a unit, s, m or h, such as 30s; at least ${least}s`,
    `write it as "${value}"`,
  );

export const size = (description: string, value: Size) =>
  described(
    z.custom<Size>((text) => typeof text === 'string' && sizePattern.test(text)).default(value),
    description,
    'a whole number, a space and KB, MB or GB',
    `write it as "${value}"`,
  );

export const memory = (description: string, value: Memory) =>
  described(
    z.custom<Memory>((text) => typeof text === 'string' && memoryPattern.test(text)).default(value),
    description,
    'a whole number, a space and MiB or GiB',
    `write it as "${value}"`,
  );

/** Whether a number has one decimal at most. */
export const isInTenths = (value: number): boolean => Math.abs(value * 10 - Math.round(value * 10)) < 1e-9;

export const cpus = described(
  z
    .number()
    .min(0.1)
    // The provider takes a whole number of 10 and more for a change at every run.
    .max(9.9)
    .refine(isInTenths)
    .optional(),
  'CPU limit of the container. Default: no limit. A change replaces the container',
  'a number from 0.1 to 9.9 in steps of 0.1, and at most as many as the host has',
  'write it without quotes, such as 1.5',
);

export const pidsLimit = (value: number) =>
  described(
    // The health check alone starts a few.
    z.int().min(64).max(4_194_304).default(value),
    'Limit of processes and threads in the container. Changed in place',
    'a whole number from 64 to 4194304',
    `write it without quotes, such as ${value}`,
  );

export const count = (description: string, value: number, most: number) =>
  described(
    z.int().min(1).max(most).default(value),
    description,
    `a whole number from 1 to ${most}`,
    `write it without quotes, such as ${value}`,
  );

export const choice = <Choice extends string>(description: string, first: Choice, ...others: Choice[]) =>
  described(
    z.enum([first, ...others]).default(first as never),
    description,
    [first, ...others].join(' or '),
    `write ${first}, or leave it out`,
  );

export const port = (description: string, value: number) =>
  described(
    z.int().min(1).max(65535).default(value),
    description,
    'a whole number from 1 to 65535',
    'choose a free port of the Docker host',
  );

/** An address without a zone: Docker publishes at none that has one. */
const ipAddress = z.string().refine((text) => isIP(text) !== 0 && !text.includes('%'));

export const address = (description: string, value: string = ADDRESS) =>
  described(
    ipAddress
      .or(z.array(ipAddress).min(1))
      .refine((value) => !Array.isArray(value) || new Set(value.map(canonical)).size === value.length)
      .default(value),
    description,
    'an IP address of the Docker host, or a list of several',
    'write 127.0.0.1 for the host only, 0.0.0.0 for everyone who can reach it, or [0.0.0.0, "::"] for IPv6, too',
  );

export const healthcheck = (defaults: {
  startPeriod: Duration;
  interval: Duration;
  timeout: Duration;
  retries: number;
}) =>
  group(
    {
      startPeriod: duration(
        'Time after the start during which failures do not count and the check runs twice a second. A server that answers nothing for this long, and for at least 30 s, is restarted',
        defaults.startPeriod,
        { least: 0 },
      ),
      interval: duration(
        'Time between checks while the server is healthy; it is checked five times as often when it is not',
        defaults.interval,
      ),
      timeout: duration('Time after which a check counts as failed', defaults.timeout),
      retries: count('Consecutive failures that make the container unhealthy', defaults.retries, 100),
    },
    'When the container counts as healthy. A change replaces the container',
  );

const schemes = ['unix:', 'npipe:', 'tcp:', 'ssh:'];

/** Where an engine answers; `text` says which one, and what a change of its address does. */
const place = (text: string) => ({
  address: described(
    z
      .string()
      .refine((given) => {
        if (!URL.canParse(given)) return false;
        const { protocol, hostname, port, pathname, password } = new URL(given);
        if (!schemes.includes(protocol) || password) return false;
        if (protocol === 'unix:' || protocol === 'npipe:') return hostname === '' && pathname.length > 1;
        // The path of an ssh address is that of the socket there, as a rootless engine has it.
        if (protocol === 'ssh:') return hostname !== '' && (pathname.length <= 1 || /[^/]$/.test(pathname));
        return hostname !== '' && pathname.length <= 1 && port !== '';
      })
      .optional(),
    text,
    'unix:///PATH, tcp://HOST:PORT, ssh://USER@HOST or ssh://USER@HOST/PATH_OF_THE_SOCKET',
    'write it as "ssh://deploy@docker.example.com"; the user signs in with a key, not a password',
  ),
  certificates: described(
    z
      .string()
      .regex(/^(\/|~\/|[A-Za-z]:[\\/])/)
      .optional(),
    'Folder with ca.pem, cert.pem and key.pem for a tcp:// engine, on the machine that runs Pulumi',
    'an absolute path, or a path that begins with ~/',
    'write it as "~/.docker/prod"',
  ),
  context: described(
    z
      .string()
      .regex(/^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$/)
      .optional(),
    'Docker context to use instead of address and certificates',
    'a name listed by docker context ls',
    'use one of those names',
  ),
});

export const engine = group(
  {
    ...place(
      'Address of the engine; by default DOCKER_HOST, or the current Docker context. Cannot be changed while the stack is deployed',
    ),
    manager: described(
      z
        .strictObject(
          place(
            'Address of the manager. Another manager of the same Swarm may be named at any time; nothing is replaced',
          ),
        )
        .optional(),
      'A manager of the Swarm in which the engine is a worker, so that data and all servers with data are on a worker. Only with platform: swarm. Default: the engine itself is a manager',
      'an object with address, certificates or context, as host has them',
      'write { address: "ssh://deploy@manager.example.com" }, or leave it out where host is a manager',
    ),
  },
  'The Docker engine of the stack, on whose host its data is. A stack belongs to one engine',
);

/** A path that means one place wherever it stands, in the commands and lists of Docker as well. */
const absolutePath = z
  .string()
  .max(1000)
  .refine((text) => /^\/[^\p{Cc}:,"'`\\$]*$/u.test(text) && !text.split('/').includes('..'))
  .transform(plainPath);
const PATH = 'an absolute path without "..", ":", ",", "$", "\\" and quotes';

export const dataFolder = described(
  absolutePath.optional(),
  'Folder of the Docker host with the data, instead of the volume. It must exist, and nothing ever removes it. After a change the server starts with the data in the new folder; the old one is kept',
  PATH,
  'write a folder such as "/srv/open-webui", on the host that runs the engine',
);

const volumeName = z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,127}$/);

export const mounts = described(
  z
    .array(
      z
        .strictObject({
          folder: absolutePath.optional().meta({ description: 'Folder or file of the Docker host; or volume' }),
          volume: volumeName.optional().meta({ description: 'Name of a volume; or folder' }),
          target: absolutePath.refine((path) => path !== '/').meta({ description: 'Path in the container' }),
          readOnly: z.boolean().default(true).meta({ description: 'Whether the container can only read it' }),
        })
        .refine(({ folder, volume }) => (folder === undefined) !== (volume === undefined))
        .meta({ description: 'A folder or file of the Docker host, or a volume, mounted in the container' }),
    )
    .default([]),
  'Additional files and folders of the Docker host, and volumes, all of which must exist. Read-only unless readOnly is false. Backups do not include them. A change replaces the container',
  `a list of entries with folder or volume, target and readOnly; paths are absolute, without "..", ":", ",", "$", "\\" and quotes`,
  'write an entry as { folder: /etc/ssl/company.pem, target: /etc/ssl/company.pem }',
);

export const protectData = (stack: string) =>
  flag(
    'Whether Pulumi refuses to replace or delete the volume. Default: true in stacks whose name begins with prod',
    isProduction(stack),
  );

export const adoptVolume = flag(
  'Whether to adopt an existing volume of that name with its data instead of refusing the name',
  false,
);
