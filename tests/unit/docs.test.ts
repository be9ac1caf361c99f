/** What can be checked in the documentation: that what it names exists, and that what it shows works. */

import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { documented, settingsOf } from '../../cli/docs.ts';
import { parse } from '../../settings/parse.ts';
import { schemaFor } from '../../settings/schema.ts';
import { record } from '../support/mocks.ts';
import { source } from '../support/settings.ts';

const root = join(__dirname, '..', '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const files = globSync('{*,docs/*,bootstrap/*/*}.md', { cwd: root }).sort();
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

it('finds the documentation', () => {
  expect(files).toEqual(expect.arrayContaining(['README.md', 'CONTRIBUTING.md', 'docs/troubleshooting.md']));
});

describe('the table of settings', () => {
  it('is that of the schema', () => {
    if (documented(readme) !== readme)
      throw new Error('README.md does not have the settings of settings/schema.ts: run npm run docs');
  });

  it('has each setting with its default, an object that may be left out, and no group', () => {
    const { valkey } = schemaFor('x').shape;
    const values = Object.fromEntries(settingsOf(z.strictObject({ valkey })).map(({ path, value }) => [path, value]));
    expect(values).toMatchObject({
      'valkey.name': 'redis-valkey-x',
      'valkey.auth': 'true',
      'valkey.publish.port': '6379',
    });
    expect(values).toHaveProperty(['valkey.publish'], undefined);
    expect(Object.keys(values)).not.toContain('valkey');
    expect(Object.keys(values)).not.toContain('valkey.log');
  });

  it('does not take a setting that says nothing about itself', () => {
    expect(() => settingsOf(z.strictObject({ silent: z.string() }))).toThrow('silent says nothing about itself');
  });

  it('does not go where there is no place for it', () => {
    expect(() => documented('# A page')).toThrow('README.md has no place for the table of settings');
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
    const known = settingsOf(schemaFor('x')).flatMap(({ path }) =>
      path.split('.').map((_, index, keys) => keys.slice(0, index + 1).join('.')),
    );
    const setting = /^(?:open-webui:)?((?:network|valkey|webui)(?:\.\w+)+|hardening)(?:: .*)?$/;
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
    const links = found(text, /\]\(([^)\s]+)\)/g).filter((link) => !/^https?:/.test(link));
    const broken = links.filter((link) => {
      const [path, anchor] = link.split('#');
      const target = path ? join(dirname(file), path) : file;
      return !existsSync(join(root, target)) || (anchor !== undefined && !anchors(read(target)).includes(anchor));
    });
    expect(broken).toEqual([]);
  });

  it('names only files and folders that exist', () => {
    const named = inline(text).filter((code) =>
      /^(settings|components|ops|policy|bootstrap|tests|docs)\/[\w./-]*$/.test(code),
    );
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});

it('tells every output of the program', async () => {
  const { result } = await record(() => {
    pulumi.runtime.setAllConfig({});
    return (require('../../index.ts') as typeof import('../../index.ts')).default();
  });
  const [, section = ''] = readme.split(/^## Outputs$/m);
  const told = found(section.split(/^## /m)[0] ?? '', /^\| (`.*?) +\|/gm).flatMap((cell) => found(cell, /`(\w+)`/g));
  expect(told.sort()).toEqual(Object.keys(result).sort());
});

describe('the pages to start with', () => {
  const pages = files.filter((file) => file.startsWith('docs/quickstart.'));
  const commands = (page: string) => blocks(read(page)).map((block) => block.replaceAll(/ *#.*$/gm, ''));

  it('are linked from the top of the README', () => {
    const [top = ''] = readme.split(/^## /m);
    expect(found(top, /\((docs\/quickstart\.\w+\.md)\)/g).sort()).toEqual(pages);
  });

  it('give the same commands, the Japanese one those of Sage WebUI', () => {
    const [first = '', ...others] = pages.filter((page) => page !== 'docs/quickstart.ja.md');
    for (const page of others) expect(commands(page)).toEqual(commands(first));
    expect(commands('docs/quickstart.ja.md').join('')).toContain('npm run up -- --stack sage');
  });
});
