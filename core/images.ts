import { parseFamiliarName } from '@swimlane/docker-reference';

/** Docker's own limits are 255 characters for the name and 128 for the tag; a digest takes up to 135 more. */
const MAX_LENGTH = 512;

function refusal(reference: string): string | undefined {
  if (reference.length > MAX_LENGTH) return `a reference has at most ${MAX_LENGTH} characters`;
  try {
    parseFamiliarName(reference);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Why Docker would refuse an image reference, with the lower-case form where that is all it takes; undefined when it would not. */
export function imageProblem(reference: string): { reason: string; instead?: string } | undefined {
  const reason = refusal(reference);
  if (reason === undefined) return undefined;
  // Only the name has to be in lower case; a tag may have capitals.
  const [, name = '', rest = ''] = /^([^:@]*(?::\d+\/[^:@]*)?)(.*)$/s.exec(reference.slice(0, MAX_LENGTH)) ?? [];
  const instead = name.toLowerCase() + rest;
  return instead !== reference && refusal(instead) === undefined ? { reason, instead } : { reason };
}

/** The parts of an image reference: `[registry/]repository[:tag][@digest]`. */
export function parseImage(reference: string): { repository: string; tag: string | undefined; digest: boolean } {
  const [named = '', digest] = reference.split('@');
  // The registry may have a port, and with it a colon.
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  return {
    repository: colon < 0 ? named : named.slice(0, colon),
    tag: colon < 0 ? undefined : named.slice(colon + 1),
    digest: digest !== undefined,
  };
}

/** An image's own id. */
const ID = /^sha256:[0-9a-f]{64}$/;

/** Address of Docker Hub, whose images are usually named without one. */
export const DOCKER_HUB = 'docker.io';

/** Address of the registry that has an image, with its port; undefined for an image that is named by its id. */
export function registryOf(reference: string): string | undefined {
  if (ID.test(reference)) return undefined;
  try {
    return parseFamiliarName(reference).domain;
  } catch {
    return undefined;
  }
}

/** A reference that names Docker Hub where that has the image: `docker.io/library/postgres:17` for `postgres:17`. */
export const qualified = (reference: string): string =>
  registryOf(reference) === DOCKER_HUB ? parseFamiliarName(reference).toString() : reference;

/** The last part of a repository's name: `valkey` of `docker.io/valkey/valkey`. */
export const imageName = (reference: string): string => parseImage(reference).repository.split('/').at(-1) ?? '';

/**
 * Beginning of their names. Images of `local/` are built on this machine from packages of locked versions (setup/images): no registry has them, so a tag
 * always stands for one image, and their versions are those of Debian, which repairs holes without a new upstream number.
 */
export const LOCAL = 'local/';

/** Whether an image is built on this machine. */
export const isBuiltHere = (reference: string): boolean => reference.startsWith(LOCAL);

/** Words of a tag that stand for whatever was pushed last, whatever version or date stands beside them. */
const FLOATING = ['latest', 'main', 'master', 'dev', 'edge', 'nightly', 'stable'];

/** Why a reference does not stand for one image, today and tomorrow; undefined when it does. */
export function looseness(reference: string, { production }: { production: boolean }): string | undefined {
  if (isBuiltHere(reference)) return undefined;
  const { tag, digest } = parseImage(reference);
  // An image's own id is a digest, too.
  if (digest || ID.test(reference)) return undefined;
  if (!tag) return 'no tag means latest';
  const floating = tag.split(/[-_.]/).find((word) => FLOATING.includes(word.toLowerCase()));
  if (floating) return `${floating} is whatever was pushed last`;
  if (!/\d/.test(tag)) return 'its tag names no version';
  if (production && !/(^|[^\d.])v?\d+\.\d+\.\d+/.test(tag)) return 'its tag names only a part of a version';
  return undefined;
}

/** What a production stack may run. */
export const EXACT = 'a digest, or a tag with all three numbers of a version';
