/** What can be checked in the documentation: that what it names exists, and that what it shows works. */

import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { parse as parseYaml } from 'yaml';
import { ENABLED, SECRET_ENV } from '../../package/forms.ts';
import { parse } from '../../settings/parse.ts';
import { rowsOf } from '../../settings/reference.ts';
import { schemaFor } from '../../settings/schema.ts';
import { record } from '../support/mocks.ts';
import { source } from '../support/settings.ts';

const root = join(__dirname, '..', '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const files = globSync('{*,docs/**/*,setup/**/*}.md', { cwd: root }).sort();
const quickstarts = files.filter((file) => file.startsWith('docs/quickstart/'));
const readme = read('README.md');

/** All that a pattern's group finds, once each. */
const found = (text: string, pattern: RegExp) => [
  ...new Set([...text.matchAll(pattern)].map(([, group = '']) => group)),
];

/** The blocks of code of a page: those of one language, or all. */
const blocks = (text: string, language = '\\w*') =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, block = '']) => block);

/** Text that is set as code within a line. */
const inline = (text: string) => found(text.replaceAll(/^```.*?^```/gms, ''), /`([^`]+)`/g);

/** The names that GitHub gives to the headings of a page. */
const anchors = (text: string) =>
  found(text.replaceAll(/^```.*?^```/gms, ''), /^#+ (.+)$/gm).map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M}_\- ]/gu, '')
      .replaceAll(' ', '-'),
  );

const linksOf = (text: string) => found(text, /\]\(([^)\s]+)\)/g).filter((link) => !/^https?:/.test(link));

describe('the README', () => {
  it('is short enough to be read to the end', () => {
    expect(readme.split('\n').length).toBeLessThanOrEqual(130);
    expect(readme.split(/\s+/).length).toBeLessThanOrEqual(1100);
  });

  it('lists every command that is not for developers', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const developers = /^(test:.*|typecheck|lint|format|docs|bench|prepare|package|release:.*)$/;
    const named = found(readme, /npm run ([a-z][\w:-]*)/g);
    expect(Object.keys(scripts).filter((name) => !developers.test(name) && name !== 'test')).toEqual(
      expect.arrayContaining(named),
    );
    expect(named).toEqual(
      expect.arrayContaining(Object.keys(scripts).filter((name) => !developers.test(name) && name !== 'test')),
    );
  });

  it('lists every stack of the repository', () => {
    const stacks = globSync('Pulumi.*.yaml', { cwd: root }).map((file) => file.split('.')[1]);
    const [, table = ''] = readme.split(/^## Stacks$/m);
    expect(found(table.split(/^## /m)[0] ?? '', /^\| `(\w+)`/gm).sort()).toEqual(stacks.sort());
  });

  it('leads to every page, by way of the index', () => {
    expect(linksOf(readme)).toContain('docs/README.md');
    const linked = linksOf(read('docs/README.md')).map((link) => join('docs', link));
    const pages = files.filter((file) => file.startsWith('docs/') && file !== 'docs/README.md');
    expect(pages.filter((page) => !linked.includes(page))).toEqual([]);
  });

  it('links the quick starts at its top', () => {
    const [top = ''] = readme.split(/^## /m);
    expect(found(top, /\((docs\/quickstart\/\w+\.md)\)/g).sort()).toEqual(quickstarts);
  });
});

describe.each(files)('%s', (file) => {
  const text = read(file);

  it('names only commands of package.json', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = found(text, /npm run (?:--silent )?([a-z][\w:-]*)/g);
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
  });

  it('names only stacks that have a file', () => {
    const named = found(text, /--stack ([a-z][\w-]*)/g);
    expect(named.filter((name) => !existsSync(join(root, `Pulumi.${name}.yaml`)))).toEqual([]);
  });

  it('names only settings that exist', () => {
    // A group is named as well.
    const settings = rowsOf(schemaFor('x')).flatMap(({ path }) =>
      path.split('.').map((_, index, keys) => keys.slice(0, index + 1).join('.')),
    );
    // Inputs of the package for other languages that no setting is.
    const known = [...settings, `${SECRET_ENV.section}.${SECRET_ENV.name}`, `webui.publish.${ENABLED.name}`];
    const setting = /^(?:open-webui:)?((?:host(?!\.docker)|network|valkey|webui)(?:\.\w+)+|hardening)(?:: .*)?$/;
    const named = [
      ...inline(text).flatMap((code) => setting.exec(code)?.[1] ?? []),
      ...found(text, /(?<!\/)open-webui:([a-z]+(?:\.\w+)*)/g),
    ];
    expect(named.filter((name) => !known.includes(name) && !/^webui\.env\.\w+$/.test(name))).toEqual([]);
  });

  it('shows only settings that are accepted', () => {
    for (const block of blocks(text, 'yaml').filter((yaml) => /^config:/m.test(yaml))) {
      const { config } = parseYaml(block) as { config: Record<string, unknown> };
      const given = Object.entries(config).map(([key, value]) => [key.replace('open-webui:', ''), value]);
      expect(() => parse(source(Object.fromEntries(given)))).not.toThrow();
    }
  });

  it('links only to what exists', () => {
    const broken = linksOf(text).filter((link) => {
      const [path, anchor] = link.split('#');
      const target = path ? join(dirname(file), path) : file;
      return !existsSync(join(root, target)) || (anchor !== undefined && !anchors(read(target)).includes(anchor));
    });
    expect(broken).toEqual([]);
  });

  it('names only files and folders that exist', () => {
    const rooms =
      /^(bench|bootstrap|cli|components|core|docker|docs|examples|ops|platform|policy|preflight|settings|setup|system|tests)\//;
    const named = [
      ...inline(text).filter((code) => rooms.test(code) && /^[\w./-]+$/.test(code)),
      ...found(text, /\bnode ((?:[\w-]+\/)+[\w.-]+\.m?[tj]s)/g),
    ];
    // Folders of a page are those beside it as well.
    const exists = (path: string) => [root, join(root, dirname(file))].some((folder) => existsSync(join(folder, path)));
    expect(named.filter((path) => !exists(path))).toEqual([]);
  });
});

it('describes every output of the program', async () => {
  const { result } = await record(() => {
    // The one with every server.
    pulumi.runtime.setAllConfig({ 'open-webui:database': JSON.stringify({ kind: 'postgres' }) });
    return (require('../../index.ts') as typeof import('../../index.ts')).default();
  });
  const outputs = await new Promise<Record<string, unknown>>((resolve) => {
    pulumi.output(result as object).apply((values) => resolve({ ...values }));
  });
  const names = Object.entries(outputs).flatMap(([name, value]) =>
    name === 'servers'
      ? Object.entries(value as Record<string, object>).flatMap(([server, facts]) =>
          Object.keys(facts).map((fact) => `servers.${server}.${fact}`),
        )
      : [name],
  );
  const [, section = ''] = read('docs/settings.md').split(/^## Outputs$/m);
  const described = found(section, /^\| (`.*?) +\|/gm).flatMap((cell) => found(cell, /`([\w.]+)`/g));
  expect(described.sort()).toEqual(names.sort());
});

describe('the quick starts', () => {
  const commands = (page: string) => blocks(read(page)).map((block) => block.replaceAll(/ *#.*$/gm, ''));

  it('give the same commands, the Japanese one those of Sage WebUI', () => {
    const [first = '', ...others] = quickstarts.filter((page) => page !== 'docs/quickstart/ja.md');
    for (const page of others) expect(commands(page)).toEqual(commands(first));
    expect(commands('docs/quickstart/ja.md').join('')).toContain('npm run up -- --stack sage');
  });

  it('link each other', () => {
    for (const page of quickstarts) {
      const others = quickstarts.filter((other) => other !== page).map((other) => other.split('/').at(-1));
      expect(linksOf(read(page))).toEqual(expect.arrayContaining(['../../README.md', ...others]));
    }
  });
});
