import type { automation } from '@pulumi/pulumi';
import { CONTAINER, VOLUME } from '../../core/resourceTypes.ts';
import { findings } from '../../ops/preview/changes.ts';
import { block, code, type Preview, report } from '../../ops/preview/report.ts';
import { withoutEncrypted } from '../../ops/preview/scratch.ts';
import { differing, SECRET, says, step, violates } from '../support/events.ts';

const written = (events: automation.EngineEvent[], more: Partial<Preview> = {}) =>
  report({ ...findings(events), stack: 'test', code: 0, text: '', ...more });

/** The lines of a report without its head and the empty ones. */
const lines = (...args: Parameters<typeof written>) =>
  written(...args)
    .split('\n')
    .filter(Boolean)
    .slice(2);

it('begins with the line by which the comment is found', () => {
  expect(written([]).split('\n').slice(0, 2)).toEqual(['<!-- open-webui preview: test -->', '### Preview of `test`']);
});

it('says in one sentence that nothing changes', () => {
  expect(lines([step('same', CONTAINER, 'a'), step('same', 'pulumi:providers:docker', 'b')])).toEqual([
    'Nothing changes: 1 as they are.',
  ]);
});

it('tells changes of notes from those of what exists', () => {
  const component = step('update', 'openwebui:index:Valkey', 'valkey', { custom: false });
  expect(lines([component])).toEqual(["Nothing changes: 0 as they are. Only Pulumi's own records are updated (1)."]);
});

it('puts data first, then what else is lost, then the rest', () => {
  const events = [
    step('create', CONTAINER, 'new'),
    step('update', CONTAINER, 'changed', differing('memory', 'memorySwap')),
    step('replace', CONTAINER, 'again', differing('ports[0].external')),
    step('create-replacement', CONTAINER, 'again'),
    step('delete-replaced', CONTAINER, 'again'),
    step('delete', VOLUME, 'lost', { id: 'lost-data' }),
    step('replace', VOLUME, 'moved', { ...differing('name'), id: 'old-data', retainOnDelete: true }),
    step('delete', 'random:index/randomPassword:RandomPassword', 'password'),
    step('same', CONTAINER, 'calm'),
  ];
  expect(lines(events)).toEqual([
    '1 to create, 1 to change, 2 to replace, 2 to delete, 1 as they are.',
    '**Data would be replaced or deleted**',
    '- **delete `lost`**, `docker:Volume`. **The volume `lost-data` is deleted with everything in it.**',
    '- **replace `moved`**, `docker:Volume` (`name`). **The old volume `old-data` is kept on the engine, and the container starts with another.**',
    '**Would be replaced or deleted**',
    '- **replace `again`**, `docker:Container` (`ports[0].external`).',
    '- **delete `password`**, `random:RandomPassword`.',
    '| To change | Type | What differs |',
    '| --- | --- | --- |',
    '| `changed` | `docker:Container` | `memory`, `memorySwap` |',
    'To create: `new`.',
  ]);
});

it('counts a volume that can be made again as no data', () => {
  const inputs = { labels: [{ label: 'com.pulumi.role', value: 'scratch' }] };
  expect(lines([step('replace', VOLUME, 'scratch', { inputs })])[1]).toBe('**Would be replaced or deleted**');
});

it('finds what differs where the engine does not tell, without the values', () => {
  const secret = 'hunter2';
  const events = [
    step('replace', CONTAINER, 'again', {
      was: { memory: 1, uploads: SECRET, same: [secret], __defaults: ['a'] },
      inputs: { memory: 2, uploads: SECRET, same: [secret], envs: [secret], __defaults: ['b'] },
    }),
  ];
  const text = written(events);
  expect(text).toContain('(`envs`, `memory`)');
  expect(text).not.toContain(secret);
});

it('names some properties and counts the others', () => {
  const paths = Array.from({ length: 11 }, (_, index) => `labels[${String(index).padStart(2, '0')}]`);
  expect(written([step('update', CONTAINER, 'a', differing(...paths))])).toMatch(/`labels\[07\]` and 3 more \|$/m);
});

it('shows what the policies refuse, and what they advise', () => {
  const events = [
    violates('no-root', 'mandatory', 'a is root.\nTo do: be not'),
    violates('exact', 'advisory', 'b moves'),
  ];
  expect(lines(events, { code: 1 })).toEqual([
    '**1 violation of the policies**, 1 piece of advice.',
    '**Violated policies: this cannot be deployed**',
    ...['- `no-root`, `webui-container`', '```text', 'a is root.', 'To do: be not', '```'],
    '**Advice of the policies**',
    ...['- `exact`, `webui-container`', '```text', 'b moves', '```'],
  ]);
});

it('shows why a preview failed, and not that it did', () => {
  const events = [says('error', 'port: 70000\n'), says('error', 'port: 70000'), says('error', 'preview failed\n')];
  expect(lines([...events, says('debug', 'secret of the engine')], { code: 1 })).toEqual([
    '**The preview failed.**',
    ...['```text', 'port: 70000', '```'],
  ]);
});

it('says first what it was compared with', () => {
  expect(lines([], { note: 'Compared with nothing.' })[0]).toBe('Compared with nothing.');
});

it('shows the full text of a change, as far as there is room', () => {
  const change = [step('create', CONTAINER, 'new')];
  expect(written([], { text: 'nothing' })).not.toContain('<details>');
  expect(written(change, { text: '+ new' })).toMatch(/<details>.*\n\n```text\n\+ new\n```\n\n<\/details>$/);
  const long = written(change, { text: 'line\n'.repeat(20_000) });
  expect(long.length).toBeLessThan(21_000);
  expect(long).toMatch(/\nline\n… \d+ characters more: run the preview yourself to see them\n```\n\n<\/details>$/);
});

it('lets no text end the code in which it stands', () => {
  expect(code('a`b')).toBe('`` a`b ``');
  expect(code('@all\n<img>')).toBe('`@all <img>`');
  expect(block('```\n# title\n````')).toBe('`````text\n```\n# title\n````\n`````');
  expect(written([step('update', CONTAINER, 'a|b', differing('c'))])).toContain('| `a\\|b` |');
});

it('takes encrypted settings out, and tells where they were', () => {
  const config = { 'p:webui': { env: { KEY: { secure: 'v1:x' }, OTHER: 'plain' } }, 'p:list': [1, { secure: 'v1:y' }] };
  expect(withoutEncrypted({ ...config, 'p:all': { secure: 'v1:z' } })).toEqual({
    value: { 'p:webui': { env: { OTHER: 'plain' } }, 'p:list': [1, ''] },
    hidden: ['p:webui.env.KEY', 'p:list[1]', 'p:all'],
  });
});
