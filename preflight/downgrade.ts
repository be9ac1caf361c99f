import * as pulumi from '@pulumi/pulumi';
import { imageName, parseImage } from '../core/images.ts';
import { type Storage, sourceOf, storageOf, storageText } from '../core/storage.ts';
import type { Found } from '../docker/inventory.ts';
import type { Commands } from '../settings/origin.ts';
import { ofStackFile } from './origin.ts';

/** Major and minor version that a tag names; undefined when it does not name both, or when the image is of something else. */
function release(image: string): readonly [number, number] | undefined {
  const [, major, minor] = /^v?(\d+)\.(\d+)(?!\d)/.exec(parseImage(image).tag ?? '') ?? [];
  return imageName(image) === 'valkey' && minor !== undefined ? [Number(major), Number(minor)] : undefined;
}

interface Server {
  name: string;
  image: string;
}

interface Data {
  volume: string;
  folder?: string | undefined;
}

/** The setting that another data needs. */
const settingOf = (data: Storage, section: string) => `${section}.${'folder' in data ? 'folder' : 'volume'}`;

/**
 * Refuses to replace a Valkey by an older release, as far as the tags tell. Where they do not, the new server looks at the data itself, and
 * does not start.
 *
 * @param present what the stack has on the engine; nothing when it could not be looked at.
 * @throws pulumi.RunError with what to do.
 */
export function requireNoDowngrade(valkey: Server & Data, present: readonly Found[]): void {
  const data = storageOf(valkey);
  const old = present.find(
    ({ kind, role, volumes }) => kind === 'container' && role !== 'archive' && volumes.includes(sourceOf(data)),
  );
  const [before, after] = [release(old?.image ?? ''), release(valkey.image)];
  if (!old || !before || !after) return;
  if (after[0] > before[0] || (after[0] === before[0] && after[1] >= before[1])) return;
  throw new pulumi.RunError(
    `valkey.image is ${valkey.image}, and ${old.image} runs on the ${storageText(data)}: an older release may misread what a newer one wrote. Nothing was created or changed.\n` +
      `  to do: set valkey.image to Valkey ${before.join('.')} or newer; or start without this data, with another ${settingOf(data, 'valkey')}\n`,
  );
}

/**
 * Refuses an image of the web UI that is older than the database: it does not start on it, and cannot go back.
 *
 * @param unknown revisions of the database that the image does not know.
 * @throws pulumi.RunError with what to do.
 */
export function requireReadable(
  webui: { image: string } & Data,
  unknown: readonly string[],
  { restore }: Pick<Commands, 'restore'> = ofStackFile().commands,
): void {
  if (unknown.length === 0) return;
  const data = storageOf(webui);
  throw new pulumi.RunError(
    `webui.image is ${webui.image}, and a newer release wrote the database in the ${storageText(data)}: it has the revision ${unknown.join(', ')}, which this image does not know, and it cannot be downgraded. Nothing was created or changed.\n` +
      `  to do: set webui.image to the release that last used it, or a newer one; or start without this data, with another ${settingOf(data, 'webui')}; or, with a backup of the older release, ${restore('FILE')}\n`,
  );
}
