/** What a release check finds: each thing that does not fit, with what to do. */

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { changelog, compatibility, tags, versions } from '../../cli/releaseCheck.ts';
import { breaks, type Surface, saysThatItBreaks } from '../../package/compatibility.ts';

const root = join(__dirname, '..', '..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
type Schema = Surface & { version: string };
const schema = (): Schema => JSON.parse(readFileSync(join(root, 'package', 'schema.json'), 'utf8'));

describe('the numbers of this checkout', () => {
  it('agree, and so do the tags in its pages and examples', () => {
    expect([...versions(root, version), ...tags(root, version)]).toEqual([]);
  });

  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'release-'));
    for (const file of ['package-lock.json', 'package/package.json', 'package/schema.json'])
      cpSync(join(root, file), join(dir, file));
    mkdirSync(join(dir, 'docs'));
    writeFileSync(join(dir, 'docs', 'page.md'), 'pulumi package add host/repository/package@v0.0.9');
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('do not agree with another', () => {
    expect(versions(dir, '9.9.9').map(({ what }) => what)).toEqual(
      ['package-lock.json', 'package-lock.json (packages)', 'package/package.json', 'package/schema.json'].map(
        (file) => `${file} says ${version}, and package.json 9.9.9`,
      ),
    );
    expect(tags(dir, '9.9.9')).toEqual([{ what: 'docs/page.md names the tag v0.0.9', toDo: 'write v9.9.9' }]);
  });
});

describe('the changelog', () => {
  it.each([
    ['## 0.2.0 - 2026-11-27\n\n- New.\n\n## 0.1.0 - 2026-01-01\n', []],
    ['## Unreleased\n\n- New.\n', ['CHANGELOG.md has what is new in 0.2.0 under "Unreleased"']],
    ['## 0.2.0\n\n- New.\n', ['CHANGELOG.md begins with "0.2.0"']],
    ['## 0.1.0 - 2026-01-01\n\n- Old.\n', ['CHANGELOG.md begins with "0.1.0 - 2026-01-01"']],
    ['## 0.2.0 - 2026-11-27\n\n## 0.1.0 - 2026-01-01\n\n- Old.\n', ['CHANGELOG.md does not mention 0.2.0']],
  ])('of %j', (text, expected) => {
    expect(changelog(`# Changelog\n\n${text}`, '0.2.0').map(({ what }) => what)).toEqual(expected);
  });
});

describe('a schema', () => {
  const WEBUI = 'openwebui:index:WebUI';
  const changed = (change: (now: ReturnType<typeof schema>) => void) => {
    const now = JSON.parse(JSON.stringify(schema()));
    change(now);
    return breaks(schema(), now);
  };
  // biome-ignore lint/suspicious/noExplicitAny: a schema that is taken apart
  type Any = any;

  it('that only has more breaks nothing', () => {
    expect(
      changed((now: Any) => {
        now.types[WEBUI].properties.replicas = { type: 'integer', description: 'New.' };
        now.types[WEBUI].description = 'Another text.';
        now.types['openwebui:index:GatewayTls'].enum.push({ name: 'Other', value: 'other' });
      }),
    ).toEqual([]);
  });

  it.each<[string, (now: Any) => void, string]>([
    ['an input less', (now) => delete now.types[WEBUI].properties.memory, 'WebUI.memory is gone'],
    [
      'another type',
      (now) => (now.types[WEBUI].properties.memory.type = 'integer'),
      'WebUI.memory was string, and is integer',
    ],
    [
      'another list',
      (now) => (now.types[WEBUI].properties.command.items.type = 'integer'),
      'WebUI.command was list of string, and is list of integer',
    ],
    ['a value less', (now) => now.types['openwebui:index:GatewayTls'].enum.shift(), 'GatewayTls no longer has acme'],
    ['an input that must be given', (now) => (now.types[WEBUI].required = ['name']), 'WebUI.name must be given now'],
    [
      'an output less',
      (now) => delete now.resources['openwebui:index:Deployment'].properties.url,
      'Deployment (output).url is gone',
    ],
    ['no component', (now) => delete now.resources['openwebui:index:Deployment'], 'the component Deployment is gone'],
  ])('with %s breaks programs', (_, change, expected) => {
    expect(changed(change)).toEqual([expected]);
  });

  it.each([
    ['0.1.0', '0.1.1', false],
    ['0.1.0', '0.2.0', true],
    ['0.9.0', '1.0.0', true],
    ['1.1.0', '1.2.0', false],
    ['1.1.0', '2.0.0', true],
  ])('after %s may break programs in %s: %s', (old, now, expected) => {
    expect(saysThatItBreaks(old, now)).toBe(expected);
  });

  it('that breaks something needs a number that says so', () => {
    const old = { ...schema(), version: '0.1.0' };
    const { [WEBUI]: _, ...types } = schema().types;
    expect(compatibility(old, { ...old, types, version: '0.1.1' })).toEqual([
      {
        what: 'the type WebUI is gone since v0.1.0',
        toDo: 'give it a number that says so (after 0.1.0), or take it back',
      },
    ]);
    expect(compatibility(old, { ...old, types, version: '0.2.0' })).toEqual([]);
  });
});
