import { parseArgs } from 'node:util';

/** Takes some options out of a command line; `rest` is what is left of it, for the program that is called. */
export function takeOptions(args, options) {
  const { values, tokens } = parseArgs({ args, options, strict: false, allowPositionals: true, tokens: true });
  const own = tokens.filter(({ kind, name }) => kind === 'option' && Object.hasOwn(options, name));
  const taken = new Set(
    own.flatMap(({ index, inlineValue }) => (inlineValue === false ? [index, index + 1] : [index])),
  );
  return {
    values: Object.fromEntries(own.map(({ name }) => [name, values[name]])),
    rest: args.filter((_, index) => !taken.has(index)),
  };
}
