/**
 * Keeps out of Pulumi's SDK what it loads at each start and this program never uses: half a second of every preview and update. Node.js
 * loads this file first, by `nodeargs` in Pulumi.yaml.
 */

const Module = require('node:module');

const unused = (what) => () => {
  throw new Error(
    `${what} is not loaded. To use it, remove lean.cjs from nodeargs in Pulumi.yaml; every run then takes half a second more.`,
  );
};

/** A module of which everything fails when it is called. */
const without = (what) =>
  new Proxy(unused(what), { get: (_, name) => (name === '__esModule' ? true : unused(what)), construct: unused(what) });

const SERIALIZER = 'What turns functions into text, for dynamic providers,';

/** What the SDK asks for, and what it gets instead. */
const INSTEAD = new Map([
  // TypeScript 3.8 and npm's resolver are there to turn functions into text; so is a debugger that follows every script.
  ['../../typescript-shim', without(SERIALIZER)],
  ['@npmcli/arborist', without(SERIALIZER)],
  ['./v8Hooks', without(SERIALIZER)],
  ['../../runtime/closure/v8Hooks', { isInitializedAsync: async () => {} }],
  // Would translate each stack trace by the source maps of the SDK, and one is taken for every value of a resource. Node.js strips
  // types in place, so positions in this program are right without.
  ['source-map-support/register', {}],
]);

const load = Module.prototype.require;

Module.prototype.require = function require(name) {
  return INSTEAD.get(name) ?? load.call(this, name);
};
