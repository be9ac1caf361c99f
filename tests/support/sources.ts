/** The tree's source files, as the tests of its architecture read them: what each imports, says and runs. */

import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parseSync } from '@swc/core';

/** Folders that hold none of our sources. */
const SKIPPED = /^(node_modules|dist|docs|bin)$|^\./;

interface Import {
  name: string;
  /** What is taken from the module; `*` for all of it. */
  names: string[];
  /** Whether it is imported for its types alone, and not loaded. */
  typeOnly: boolean;
}

export interface Source {
  /** Path from the root, with `/`. */
  path: string;
  /** Paths of the files of ours that it imports, for types as well. */
  imports: string[];
  /** Packages and built-in modules that it imports. */
  modules: Import[];
  /** Every string, number and regular expression in its code. Comments and the paths of imports are none. */
  literals: string[];
  /** Global objects of Node.js that stand for the world outside, as far as it uses them. */
  globals: string[];
  /** Whether an import of it does more than to define things. */
  runs: boolean;
  lines: number;
}

/** A node of the syntax tree, of which only what is needed here is known. */
type Node = { type: string; [property: string]: unknown };

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value;

function* descendants(value: unknown): Generator<Node> {
  if (Array.isArray(value)) for (const one of value) yield* descendants(one);
  else if (typeof value === 'object' && value !== null) {
    if (isNode(value)) yield value;
    // Arguments of calls stand in objects without a type.
    for (const inner of Object.values(value)) yield* descendants(inner);
  }
}

const textOf = (node: unknown): string | undefined =>
  isNode(node) && node.type === 'StringLiteral' ? String(node['value']) : undefined;

/** The module that a node imports, in any of the ways to write it. */
function specifierOf(node: Node): string | undefined {
  if (/^(Import|ExportNamed|ExportAll)Declaration$/.test(node.type)) return textOf(node['source']);
  if (node.type === 'TsImportType') return textOf(node['argument']);
  if (node.type !== 'CallExpression') return undefined;
  const [callee, [first] = []] = [node['callee'] as Node, node['arguments'] as { expression: unknown }[]];
  const isImport = callee.type === 'Import' || (callee.type === 'Identifier' && callee['value'] === 'require');
  return isImport ? textOf(first?.expression) : undefined;
}

/** The names that a declaration takes from a module. */
function namesOf(node: Node): string[] {
  if (node.type !== 'ImportDeclaration') return ['*'];
  return (node['specifiers'] as Node[]).map(({ type, imported, local }) =>
    type === 'ImportSpecifier' ? String(((imported ?? local) as Node)['value']) : '*',
  );
}

function literalOf(node: Node): string | undefined {
  if (node.type === 'StringLiteral' || node.type === 'NumericLiteral') return String(node['value']);
  if (node.type === 'TemplateElement') return String(node['cooked'] ?? node['raw']);
  return node.type === 'RegExpLiteral' ? String(node['pattern']) : undefined;
}

const GLOBALS = ['fetch', 'process'];

/** Where tsconfig.json says that a package of ours is. */
const OURS: Readonly<Record<string, string>> = { 'pulumi-open-webui': 'components/index.ts' };

/** Reads the text of a file. */
export function sourceOf(path: string, text: string): Source {
  const isScript = path.endsWith('.cjs');
  const module = parseSync(text, {
    ...(path.endsWith('.ts') ? { syntax: 'typescript' } : { syntax: 'ecmascript' }),
    target: 'es2023',
    ...(isScript && { isModule: false }),
  } as Parameters<typeof parseSync>[1]);
  const nodes = [...descendants(module.body)];
  const found = nodes.flatMap((node): Import[] => {
    const name = specifierOf(node);
    return name === undefined ? [] : [{ name, names: namesOf(node), typeOnly: node['typeOnly'] === true }];
  });
  // Types in the comments of plain JavaScript.
  for (const [, name = ''] of path.endsWith('.mjs') ? text.matchAll(/\bimport\('(\.[^']+)'\)/g) : []) {
    found.push({ name, names: ['*'], typeOnly: true });
  }
  const fileOf = (name: string) => OURS[name] ?? posix.join(posix.dirname(path), name);
  const isOurs = ({ name }: { name: string }) => name.startsWith('.') || name in OURS;
  const specifiers = new Set(found.map(({ name }) => name));
  return {
    path,
    imports: [...new Set(found.filter(isOurs).map(({ name }) => fileOf(name)))],
    modules: found.filter((one) => !isOurs(one)),
    literals: nodes.flatMap((node) => literalOf(node) ?? []).filter((text) => !specifiers.has(text)),
    globals: GLOBALS.filter((name) => nodes.some((node) => node.type === 'Identifier' && node['value'] === name)),
    // Exports and definitions are other statements, and a script has no other way to export.
    runs: !isScript && (module.body as unknown as Node[]).some(({ type }) => STATEMENTS.test(type)),
    lines: text.trimEnd().split('\n').length,
  };
}

const STATEMENTS = /^(Expression|If|For|ForOf|ForIn|While|DoWhile|Switch|Try|Throw|Block)Statement$/;

function* pathsIn(root: string, folder = ''): Generator<string> {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory() && !SKIPPED.test(entry.name)) yield* pathsIn(root, path);
    else if (entry.isFile() && /\.(ts|mjs|cjs|js)$/.test(entry.name)) yield path;
  }
}

/** Every source file below a folder. */
export const sourcesIn = (root: string): Source[] =>
  [...pathsIn(root)].sort().map((path) => sourceOf(path, readFileSync(join(root, path), 'utf8')));

/** Whether a path is one of the files, or in one of the folders. */
export const isIn = (path: string, places: readonly string[]): boolean =>
  places.some((place) => path === place || path.startsWith(`${place}/`));

/** Files that import each other in a circle; each circle once, as the paths on the way round. */
export function circles(sources: readonly Source[]): string[][] {
  const importsOf = new Map(sources.map(({ path, imports }) => [path, imports]));
  const [done, found] = [new Set<string>(), [] as string[][]];
  const visit = (path: string, way: readonly string[]) => {
    const start = way.indexOf(path);
    if (start >= 0) found.push([...way.slice(start), path]);
    if (start >= 0 || done.has(path)) return;
    for (const next of importsOf.get(path) ?? []) visit(next, [...way, path]);
    done.add(path);
  };
  for (const { path } of sources) visit(path, []);
  return found;
}
