/** The images of a stack before an update. */

import * as pulumi from '@pulumi/pulumi';
import { isBuiltHere } from '../core/images.ts';
import { IMAGE } from '../core/resourceTypes.ts';
import type { Docker } from '../docker/client.ts';
import { inspect } from '../docker/inspect.ts';
import { readOwnState } from './state.ts';

/** What the references of a stack stand for on the engine; undefined where it has no such image yet. */
export interface ImageIds {
  webui?: string | undefined;
  valkey?: string | undefined;
  database?: string | undefined;
  gateway?: string | undefined;
}

/** Gets an image that the engine lacks; returns its id. @throws RemoteError when it cannot. */
export async function pulled(docker: Docker, reference: string): Promise<string> {
  if (isBuiltHere(reference))
    throw new Error(`the engine has no image ${reference}, and no registry has it: npm run setup builds it`);
  await pulumi.log.info(`pulling ${reference}, to see whether it can take over the data`);
  await docker.run(['pull', '--quiet', reference]);
  const [image] = await inspect(docker, 'image', [reference]);
  if (!image) throw new Error(`the engine has no image ${reference}`);
  return image.Id;
}

/** What the references stood for in the last update. */
export async function knownImages(): Promise<ImageIds> {
  const images = (await readOwnState()).filter(({ type }) => type === IMAGE);
  const idOf = (server: string) => {
    const id = images.find(({ urn }) => urn.endsWith(`${server}-image`))?.outputs['imageId'];
    return typeof id === 'string' ? id : undefined;
  };
  return { webui: idOf('webui'), valkey: idOf('valkey'), database: idOf('postgres'), gateway: idOf('gateway') };
}
