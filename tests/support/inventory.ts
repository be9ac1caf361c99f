import type { Found } from '../../components/platform/inventory.ts';

let present: readonly Found[] | Error = [];

/** What the next look at the engine finds; an error stands for an engine that cannot be looked at. */
export function engineHas(objects: readonly Found[] | Error): void {
  present = objects;
}

/** Stands in unit tests for the look at a real engine. */
export async function inventory(): Promise<Found[]> {
  if (present instanceof Error) throw present;
  return [...present];
}
