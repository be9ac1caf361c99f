import { MODULE } from '../core/resourceTypes.js';
export const named = (name) => ({ $ref: `#/types/${MODULE}${name}` });
