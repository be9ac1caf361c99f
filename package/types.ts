/** Types, as Pulumi's schema writes them. */

import { MODULE } from '../core/resourceTypes.ts';

/** A kind of values. */
export interface Type {
  type?: 'string' | 'boolean' | 'integer' | 'number' | 'array' | 'object';
  $ref?: string;
  items?: Type;
  additionalProperties?: Type;
}

export interface Property extends Type {
  description: string;
  secret?: true;
}

/** A named type: an object, or a closed set of texts. */
export interface Definition {
  type: 'object' | 'string';
  description: string;
  properties?: Record<string, Property>;
  required?: readonly string[];
  enum?: readonly { name: string; value: string }[];
}

/** A type by its name. */
export const named = (name: string): Type => ({ $ref: `#/types/${MODULE}${name}` });
