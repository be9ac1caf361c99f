/** The settings that every server has, written once. */

import { z } from 'zod';
import { ADDRESS } from '../core/defaults.ts';
import type { Duration, Memory, Size } from '../core/units.ts';
import { hostname, labels, log, ulimits } from './containerLeaves.ts';
import {
  address,
  adoptVolume,
  cpus,
  dataFolder,
  described,
  dockerName,
  healthcheck,
  image,
  memory,
  mounts,
  pidsLimit,
  port,
  protectData,
} from './leaves.ts';
import { networks } from './networks.ts';
import { reservation } from './reservation.ts';

/** Defaults of a server, as `core/defaults.ts` has them. */
interface Defaults {
  image: string;
  memory: Memory;
  pidsLimit: number;
  healthcheck: { startPeriod: Duration; interval: Duration; timeout: Duration; retries: number };
  log: { maxSize: Size; maxFiles: number };
}

/** Settings of one server of a stack; `names` has the defaults of its name and its volume. */
export const serverSettings = (
  stack: string,
  defaults: Defaults,
  { name, volume, imageText, networksText }: { name: string; volume: string; imageText: string; networksText: string },
) => ({
  name: dockerName('Name of the container. A change replaces it', name),
  image: image(imageText, defaults.image),
  volume: dockerName(
    'Data volume. After a change the server starts with an empty volume, and the old one is kept',
    volume,
  ),
  adoptVolume,
  folder: dataFolder,
  protectData: protectData(stack),
  memory: memory('Memory limit of the container. Changed in place', defaults.memory),
  cpus,
  reservation,
  mounts,
  pidsLimit: pidsLimit(defaults.pidsLimit),
  healthcheck: healthcheck(defaults.healthcheck),
  log: log(defaults.log),
  networks: networks(networksText),
  labels,
  hostname,
  ulimits,
});

const publication = (defaultPort: number) => ({
  port: port('Port of the Docker host', defaultPort),
  address: address('Address of the Docker host, or a list of addresses'),
});

/** Where a server is published, unless `none` is set. */
export const published = (defaultPort: number) =>
  described(
    z
      .literal('none')
      .or(z.strictObject(publication(defaultPort)))
      .prefault({}),
    'Where the page is published. none: on no port of the host, for a proxy on one of its networks. A change replaces the container',
    'an object with port and address, or none',
    'write { port: 3000 }, or none',
  );

/** Where a server is published that is not by default. */
export const publishable = (defaultPort: number, description: string) =>
  described(
    z.strictObject(publication(defaultPort)).optional(),
    description,
    'an object with port and address, or absent',
    `write {} for ${ADDRESS}:${defaultPort}, or remove the key`,
  );
