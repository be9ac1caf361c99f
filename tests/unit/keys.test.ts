/** Whose a configuration key is: a project made from this one by `pulumi new` has another name. */

import { settingsOf } from '../../settings/keys.ts';

const stack = { project: 'my-chat', stack: 'test' };

it('takes the keys of the project, with its name and without', () => {
  expect(settingsOf(stack, { 'my-chat:webui': 1, valkey: 2 })).toEqual({ webui: 1, valkey: 2 });
});

it('keeps what is no setting, so that a misspelled one is refused', () => {
  expect(settingsOf(stack, { 'my-chat:wbeui': 1, wbeui: 2 })).toEqual({ wbeui: 2 });
});

it('leaves the keys of others alone', () => {
  expect(settingsOf(stack, { 'docker:host': 'ssh://host', 'pulumi:tags': {}, 'aws:region': 'eu-west-1' })).toEqual({});
});

it('refuses settings of a project of another name, all at once', () => {
  expect(() => settingsOf(stack, { 'open-webui:webui': 1, 'open-webui:valkey': 2, network: 3 })).toThrow(
    [
      'Pulumi.test.yaml has settings of another project, as this one is called my-chat. Nothing was created or changed.',
      '  open-webui:webui\n    to do:   write it as "webui"',
      '  open-webui:valkey\n    to do:   write it as "valkey"',
    ].join('\n\n'),
  );
});
