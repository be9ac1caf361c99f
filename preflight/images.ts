/** The images of a stack before an update. */

import * as pulumi from '@pulumi/pulumi';
import { isBuiltHere } from '../core/images.ts';
import { IMAGE } from '../core/resourceTypes.ts';
import type { Docker } from '../docker/client.ts';
import { inspect } from '../docker/inspect.ts';
import type { Commands } from '../settings/origin.ts';
import type { Subject } from './origin.ts';
import { isPartOf, readOwnState } from './state.ts';

/** What the references of a stack stand for on the engine; undefined where it has no such image yet. */
export interface ImageIds {
  webui?: string | undefined;
  valkey?: string | undefined;
  database?: string | undefined;
  gateway?: string | undefined;
}

/**
 * Pulls an image that the engine lacks; returns its id. Call it before its server is registered: if the id is known only afterwards, the next update
 * replaces the server.
 *
 * @throws pulumi.RunError that says why it cannot be pulled.
 */
export async function pulled(docker: Docker, reference: string, { image }: Pick<Commands, 'image'>): Promise<string> {
  const refused = (why: string, toDo: string) =>
    new pulumi.RunError(`${why}. Nothing was created or changed.\n  to do: ${toDo}\n`);
  if (isBuiltHere(reference)) throw refused(`The engine has no image ${reference}, and no registry has it`, image);
  await pulumi.log.info(`pulling ${reference}`);
  const { code, stderr } = await docker.capture(['pull', '--quiet', reference]);
  const [found] = code === 0 ? await inspect(docker, 'image', [reference]) : [];
  if (found) return found.Id;
  throw refused(
    `${reference} cannot be pulled: ${stderr.trim().split('\n').at(-1)}`,
    'correct the reference; if its registry is private, add its credentials to registries',
  );
}

/** What the references stood for in the last update. */
export async function knownImages({ deployment }: Subject): Promise<ImageIds> {
  const images = (await readOwnState()).filter(({ type }) => type === IMAGE);
  const idOf = (server: string) => {
    const id = images.find(({ urn }) => isPartOf(urn, deployment, `${server}-image`))?.outputs['imageId'];
    return typeof id === 'string' ? id : undefined;
  };
  return { webui: idOf('webui'), valkey: idOf('valkey'), database: idOf('postgres'), gateway: idOf('gateway') };
}
