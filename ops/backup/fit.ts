/** Whether an archive fits the stack that it is to go into. */

import { UserError } from '../../core/errors.mjs';
import { type Container, inspectContainer } from '../../docker/inspect.ts';
import type { Owners, Present } from './exchange.ts';
import { sizeText } from './format.ts';
import type { Helper } from './helper/helper.ts';
import type { Manifest, ManifestPart } from './manifest.ts';
import type { Part, PartName, Source } from './part.ts';
import { PARTS } from './parts/index.ts';

/** The entry of a part. @throws UserError when the archive lacks it. */
export function entryOf({ parts }: Manifest, name: PartName): ManifestPart {
  const found = parts.find((one) => one.name === name);
  if (!found) throw new UserError(`the backup has no data of ${name}, which this stack has`, 'choose another backup');
  return found;
}

/** Bytes of all parts, unpacked. */
export const bytesOf = ({ parts }: Manifest): number => parts.reduce((sum, { bytes }) => sum + bytes, 0);

async function containerOf({ docker, servers, owner }: Source, name: PartName): Promise<Container> {
  const container = await inspectContainer(docker, servers[name].container);
  if (!container)
    throw new UserError('the stack is not whole', `npm run up -- --stack ${owner.stack}, and then this again`);
  return container;
}

function requireRoom(bytes: number, free: number, kept: boolean): void {
  if (bytes <= free) return;
  throw new UserError(
    `the data takes ${sizeText(bytes)} beside the present, and on the engine are ${sizeText(free)} free`,
    kept ? 'remove what the last restore has kept: npm run restore -- --forget' : 'make room on the engine',
  );
}

/**
 * Makes sure that the data can be used; returns the owners that its files get.
 *
 * @throws UserError that says why the archive does not fit the stack.
 */
export async function requireFit(
  helper: Helper,
  source: Source,
  manifest: Manifest,
  present: Present,
): Promise<Owners> {
  const { docker } = source;
  const owner = async (part: Part) => {
    const container = await containerOf(source, part.name);
    part.requireRelease(entryOf(manifest, part.name), await part.version({ docker, helper, container }));
    return [part.name, part.owner(container, present.parts[part.name].owner)] as const;
  };
  const owners: (readonly [PartName, string])[] = [];
  for (const part of PARTS) owners.push(await owner(part));
  for (const { name } of PARTS) requireRoom(entryOf(manifest, name).bytes, present.parts[name].free, present.kept);
  return Object.fromEntries(owners) as Owners;
}

/** What people should know before the data of an archive replaces that of a stack. */
export async function remarks(manifest: Manifest, source: Source): Promise<string[]> {
  const ofParts = PARTS.map((part) => part.remarks?.(entryOf(manifest, part.name), source) ?? []);
  return [
    ...(manifest.stack === source.owner.stack ? [] : [`it is of the stack ${manifest.stack}`]),
    ...(await Promise.all(ofParts)).flat(),
    ...manifest.warnings,
  ];
}
