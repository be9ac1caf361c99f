import { parseArgs } from 'node:util';

/**
 * Takes some options out of a command line; `rest` is what is left of it, for the program that is called.
 *
 * @param {readonly string[]} args
 * @param {Record<string, { type: 'string' | 'boolean', short?: string }>} options
 * @returns {{ values: Record<string, any>, rest: string[] }}
 */
export function takeOptions(args, options) {
  const { values, tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const own = tokens.flatMap((token) => (token.kind === 'option' && Object.hasOwn(options, token.name) ? [token] : []));
  const taken = new Set(
    own.flatMap(({ index, inlineValue }) => (inlineValue === false ? [index, index + 1] : [index])),
  );
  return {
    values: Object.fromEntries(own.map(({ name }) => [name, values[name]])),
    rest: args.filter((_, index) => !taken.has(index)),
  };
}

/**
 * A command line with its stack as `--stack NAME`, however it was written: `--stack=NAME`, `-s NAME`, `-s=NAME` or `-sNAME`.
 *
 * @param {readonly string[]} args
 * @returns {string[]}
 */
export function withLongStack(args) {
  const end = args.indexOf('--');
  const [own, others] = end < 0 ? [args, []] : [args.slice(0, end), args.slice(end)];
  const long = own.flatMap((arg) => {
    const [, value] = /^(?:--stack=|-s=?)(.+)$/s.exec(arg) ?? [];
    if (value !== undefined) return ['--stack', value];
    return arg === '-s' ? ['--stack'] : [arg];
  });
  return [...long, ...others];
}
