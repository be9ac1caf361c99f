/** Whether an archive fits the stack that it is to go into. */

import { UserError } from '../../core/errors.mjs';
import { type Container, inspectContainer } from '../../docker/inspect.ts';
import type { Commands } from '../../settings/origin.ts';
import type { Owners, Present } from './exchange.ts';
import { sizeText } from './format.ts';
import type { Helper } from './helper/helper.ts';
import type { Manifest, ManifestPart } from './manifest.ts';
import type { Part, PartName, Source } from './part.ts';
import { hasPart, PARTS, serversOf } from './parts/index.ts';

/** Names of the parts that a backup has. */
export const archivedOf = ({ parts }: Manifest): string[] => parts.map(({ name }) => name);

/** Whether the data of a part comes out of a backup: one that may be missing there stays as it is. */
const comes = ({ name, stays }: Part, manifest: Manifest): boolean =>
  stays === undefined || archivedOf(manifest).includes(name);

/** The entry of a part. @throws UserError when the archive lacks it. */
export function entryOf({ parts }: Manifest, name: PartName): ManifestPart {
  const found = parts.find((one) => one.name === name);
  if (!found) throw new UserError(`the backup has no data of ${name}, which this stack has`, 'choose another backup');
  return found;
}

/** What people have in an archive, by the part that has their database. */
export const countsOf = (manifest: Manifest): ManifestPart['facts'] =>
  (manifest.parts.find(({ name }) => name === 'database') ?? entryOf(manifest, 'webui')).facts;

/** Bytes of all parts, unpacked. */
export const bytesOf = ({ parts }: Manifest): number => parts.reduce((sum, { bytes }) => sum + bytes, 0);

async function containerOf({ docker, commands }: Source, name: string): Promise<Container> {
  const container = await inspectContainer(docker, name);
  if (!container) throw new UserError('the stack is incomplete', `${commands.up}, then try again`);
  return container;
}

function requireRoom(bytes: number, free: number, kept: boolean, { forgetKept }: Commands): void {
  if (bytes <= free) return;
  throw new UserError(
    `the data takes ${sizeText(bytes)} besides the current data, and the engine has ${sizeText(free)} free`,
    kept ? `remove what the last restore kept: ${forgetKept}` : 'free space on the engine',
  );
}

/** @throws UserError when the archive has data for which the stack has no place. */
function requireNothingElse({ parts }: Manifest, source: Source): void {
  const isOptional = (name: string) => PARTS.some((part) => part.name === name && part.stays !== undefined);
  const other = parts.find(({ name, bytes }) => bytes > 0 && !hasPart(source, name) && !isOptional(name));
  if (!other) return;
  throw new UserError(
    `the backup has the data of a ${other.name}, and this stack has none`,
    `set database.kind to postgres, ${source.commands.up}, and run this again`,
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
  const { docker, commands } = source;
  requireNothingElse(manifest, source);
  const owner = async (part: Part, name: string) => {
    const container = await containerOf(source, name);
    if (comes(part, manifest))
      part.requireRelease(entryOf(manifest, part.name), await part.version({ docker, helper, container }), commands);
    return [part.name, part.owner(container, present.parts[part.name]?.owner ?? '')] as const;
  };
  const owners: (readonly [PartName, string])[] = [];
  const servers = serversOf(source);
  for (const { part, container } of servers) owners.push(await owner(part, container));
  for (const { part } of servers.filter(({ part }) => comes(part, manifest)))
    requireRoom(entryOf(manifest, part.name).bytes, present.parts[part.name]?.free ?? 0, present.kept, commands);
  return Object.fromEntries(owners) as Owners;
}

/** What people should know before the data of an archive replaces that of a stack. */
export async function remarks(manifest: Manifest, source: Source): Promise<string[]> {
  const coming = serversOf(source).filter(({ part }) => comes(part, manifest));
  const ofParts = coming.map(({ part }) => part.remarks?.(entryOf(manifest, part.name), source) ?? []);
  return [
    ...(manifest.stack === source.owner.stack ? [] : [`it is of the stack ${manifest.stack}`]),
    ...(await Promise.all(ofParts)).flat(),
    ...manifest.warnings,
  ];
}
