/** What the engine has under the names and ids of a stack. */

import { command } from '../command.ts';
import type { Image, Inspected } from './facts.ts';

export interface Network {
  Id: string;
  Name: string;
  Internal: boolean;
  Labels: Record<string, string> | null;
}

export interface Volume {
  Name: string;
}

/** What stands behind names or ids, of those that exist. */
async function inspect<Found>(
  kind: 'container' | 'image' | 'network' | 'volume',
  names: readonly string[],
): Promise<Found[]> {
  if (names.length === 0) return [];
  const { stdout, stderr } = await command('docker', [kind, 'inspect', ...names]);
  const unexpected = stderr.split('\n').find((line) => line && !/no such|not found/i.test(line));
  if (unexpected) throw new Error(`the engine does not tell: ${unexpected}`);
  return JSON.parse(stdout);
}

/** Containers by name or id; each once. */
export async function containersOf(
  names: readonly string[],
): Promise<{ found: Inspected[]; images: Map<string, Image> }> {
  const found = await inspect<Inspected>('container', names);
  const once = [...new Map(found.map((one) => [one.Id, one])).values()];
  const ids = [...new Set(once.map(({ Image }) => Image))];
  const images = await inspect<Image & { Id: string }>('image', ids);
  return { found: once, images: new Map(images.map((image) => [image.Id, image])) };
}

export const networksOf = (names: readonly string[]) => inspect<Network>('network', names);
export const volumesOf = (names: readonly string[]) => inspect<Volume>('volume', names);
