/** `npm run release:check`: whether version, changelog, schema, built code and documentation of a release agree. */

import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { breaks, type Surface, saysThatItBreaks } from '../package/compatibility.ts';
import { jsonText, stackFileSchema, withTable } from '../settings/reference.ts';
import { capture } from '../system/exec.mjs';
import type { Command } from './command.ts';
import { writePackage } from './package.ts';

/** One thing that does not fit, and what to do. */
export interface Finding {
  what: string;
  toDo: string;
}

const read = (root: string, ...path: string[]) => readFileSync(join(root, ...path), 'utf8');
const json = (root: string, ...path: string[]) => JSON.parse(read(root, ...path));

/** Where a version stands, besides package.json. */
export function versions(root: string, version: string): Finding[] {
  const lock = json(root, 'package-lock.json');
  const found: [file: string, version: string][] = [
    ['package-lock.json', lock.version],
    ['package-lock.json (packages)', lock.packages[''].version],
    ['package/package.json', json(root, 'package', 'package.json').version],
    ['package/schema.json', json(root, 'package', 'schema.json').version],
  ];
  return found
    .filter(([, one]) => one !== version)
    .map(([file, one]) => ({
      what: `${file} says ${one}, and package.json ${version}`,
      toDo: 'npm install --package-lock-only && npm run package',
    }));
}

/** The changelog has the release on top, with its day and with what is in it. */
export function changelog(text: string, version: string): Finding[] {
  const [, first = '', body = ''] = /^## (.*)\n([\s\S]*?)(?=^## |(?![\s\S]))/m.exec(text) ?? [];
  if (/^\[?unreleased\]?$/i.test(first))
    return [
      {
        what: `CHANGELOG.md has what is new in ${version} under "${first}"`,
        toDo: `write "## ${version} - YEAR-MONTH-DAY" instead of that heading, with the day of the release`,
      },
    ];
  const heading = /^\[?(\d+\.\d+\.\d+)\]? - \d{4}-\d{2}-\d{2}$/.exec(first);
  if (heading?.[1] !== version)
    return [
      { what: `CHANGELOG.md begins with "${first}"`, toDo: `write "## ${version} - YEAR-MONTH-DAY" above what is new` },
    ];
  return /^- /m.test(body) ? [] : [{ what: `CHANGELOG.md does not mention ${version}`, toDo: 'write what it changes' }];
}

/** Pages and examples name the tag of the release. */
export function tags(root: string, version: string): Finding[] {
  const files = globSync(['docs/*.md', 'examples/**/Pulumi.yaml'], { cwd: root, exclude: ['**/node_modules/**'] });
  return files.flatMap((file) => {
    const named = [...read(root, file).matchAll(/\/package@v(\d+\.\d+\.\d+)/g)].map(([, one]) => one);
    const [other] = named.filter((one) => one !== version);
    return other === undefined ? [] : [{ what: `${file} names the tag v${other}`, toDo: `write v${version}` }];
  });
}

/** What is generated is what the code gives. */
async function generated(root: string, env: NodeJS.ProcessEnv): Promise<Finding[]> {
  const dir = mkdtempSync(join(tmpdir(), 'open-webui-release-'));
  try {
    await writePackage(root, dir, env);
    const texts = (folder: string) =>
      Object.fromEntries(
        globSync(['bin/**/*.*', 'schema.json', 'package.json'], { cwd: folder }).map((file) => [
          file,
          read(folder, file),
        ]),
      );
    const [fresh, present] = [texts(dir), texts(join(root, 'package'))];
    const differ = [...new Set([...Object.keys(fresh), ...Object.keys(present)])].filter(
      (file) => fresh[file] !== present[file],
    );
    const [page, schema] = [read(root, 'docs', 'settings.md'), read(root, 'settings', 'stack.schema.json')];
    return [
      ...(differ.length > 0
        ? [
            {
              what: `package/${differ[0]} does not match the code (${differ.length} in all)`,
              toDo: 'npm run package',
            },
          ]
        : []),
      ...(withTable(page) !== page || jsonText(stackFileSchema()) !== schema
        ? [{ what: 'docs/settings.md or settings/stack.schema.json does not match the code', toDo: 'npm run docs' }]
        : []),
    ];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** A release that breaks programs says so by its number. */
export function compatibility(old: Surface & { version: string }, now: Surface & { version: string }): Finding[] {
  const broken = saysThatItBreaks(old.version, now.version) ? [] : breaks(old, now);
  return broken.map((what) => ({
    what: `${what} since v${old.version}`,
    toDo: `give it a number that says so (after ${old.version}), or take it back`,
  }));
}

/** The schema of the last release; undefined before the first one. */
async function released(root: string, env: NodeJS.ProcessEnv): Promise<(Surface & { version: string }) | undefined> {
  const git = async (...args: string[]) => (await capture('git', args, { cwd: root, env })).stdout.trim();
  for (const tag of (await git('tag', '--list', 'v*', '--merged', 'HEAD', '--sort=-version:refname'))
    .split('\n')
    .filter(Boolean)) {
    const text = await git('show', `${tag}:package/schema.json`);
    if (text) return JSON.parse(text);
  }
  return undefined;
}

/** Everything that does not fit. */
export async function releaseFindings(root: string, env: NodeJS.ProcessEnv): Promise<Finding[]> {
  const { version } = json(root, 'package.json') as { version: string };
  const old = await released(root, env);
  return [
    ...versions(root, version),
    ...changelog(read(root, 'CHANGELOG.md'), version),
    ...tags(root, version),
    ...(await generated(root, env)),
    ...(old ? compatibility(old, json(root, 'package', 'schema.json')) : []),
  ];
}

export const command: Command = {
  summary: 'Checks that version, changelog, schema, built code and documentation of a release agree.',
  usage: 'npm run release:check',
  async run(args, { root, env }) {
    parseArgs({ args: [...args], options: {} });
    const findings = await releaseFindings(root, env);
    const { version } = json(root, 'package.json');
    for (const { what, toDo } of findings) console.log(`✘ ${what}\n    to do: ${toDo}`);
    if (findings.length === 0)
      console.log(`✔ ${version} fits. Next: git tag v${version} && git push origin v${version}`);
    return findings.length === 0 ? 0 : 1;
  },
};
