/** What a change of the schema breaks in programs that use the package. */

import type { Definition, Property, Type } from './types.ts';

/** What of a schema programs stand on. */
export interface Surface {
  types: Readonly<Record<string, Definition>>;
  resources: Readonly<Record<string, Component>>;
}

interface Component {
  inputProperties: Readonly<Record<string, Property>>;
  properties: Readonly<Record<string, Property>>;
}

/** A type without what only describes it. */
function kindOf({ type, $ref, items, additionalProperties }: Type): string {
  if ($ref !== undefined) return $ref.replace(/^.*:/, '');
  if (items) return `list of ${kindOf(items)}`;
  return additionalProperties ? `map of ${kindOf(additionalProperties)}` : String(type);
}

type Properties = Readonly<Record<string, Property>>;

function inProperties(place: string, old: Properties, now: Properties): string[] {
  return Object.entries(old).flatMap(([name, was]) => {
    const is = now[name];
    if (is === undefined) return [`${place}.${name} is gone`];
    return kindOf(was) === kindOf(is) ? [] : [`${place}.${name} was ${kindOf(was)}, and is ${kindOf(is)}`];
  });
}

function inType(name: string, old: Definition, now: Definition | undefined): string[] {
  const place = name.replace(/^.*:/, '');
  if (now === undefined) return [`the type ${place} is gone`];
  const values = new Set(now.enum?.map(({ value }) => value));
  return [
    ...inProperties(place, old.properties ?? {}, now.properties ?? {}),
    ...(old.enum ?? []).filter(({ value }) => !values.has(value)).map(({ value }) => `${place} no longer has ${value}`),
    ...(now.required ?? [])
      .filter((key) => !old.required?.includes(key))
      .map((key) => `${place}.${key} must be given now`),
  ];
}

/** Everything in which a program of before can fail, or no longer compile; nothing where it only has more. */
export function breaks(old: Surface, now: Surface): string[] {
  return [
    ...Object.entries(old.resources).flatMap(([token, was]) => {
      const is = now.resources[token];
      const name = token.replace(/^.*:/, '');
      if (is === undefined) return [`the component ${name} is gone`];
      return [
        ...inProperties(name, was.inputProperties, is.inputProperties),
        ...inProperties(`${name} (output)`, was.properties, is.properties),
      ];
    }),
    ...Object.entries(old.types).flatMap(([name, was]) => inType(name, was, now.types[name])),
  ];
}

/** Whether the number of a release says that it breaks something: its first part that is not 0, as in Semantic Versioning. */
export function saysThatItBreaks(old: string, now: string): boolean {
  const [[was = 0, wasMinor = 0], [is = 0, isMinor = 0]] = [old, now].map((version) =>
    version.split('.').map(Number),
  ) as [number[], number[]];
  return is > was || (was === 0 && is === 0 && isMinor > wasMinor);
}
