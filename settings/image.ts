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
