/** Who may do what in Valkey, and which releases of Open WebUI that is enough for. */

import { APPLICATION_COMMANDS, aclArguments } from '../../components/valkey/acl.ts';
import { parse } from '../../settings/parse.ts';
import { problem, source } from '../support/settings.ts';

const rulesOf = (user: string) => {
  const several = { replication: 'c', failover: 'd', balancer: 'e' };
  const all = aclArguments({ application: 'a', operator: 'b', several });
  const start = all.indexOf(user);
  const end = all.indexOf('--user', start);
  return all.slice(start, end < 0 ? undefined : end);
};

describe("Open WebUI's user", () => {
  it('may send what encrypted channels count with, inside of a script', () => {
    expect(rulesOf('openwebui')).toEqual(expect.arrayContaining(['+eval', '+evalsha', '+hincrby', '+expire']));
  });

  it('may subscribe as 0.12.0 to 0.12.2 do, and scan as 0.9 and 0.10 do', () => {
    expect(rulesOf('openwebui')).toEqual(expect.arrayContaining(['+psubscribe', '+punsubscribe', '+scan']));
  });

  it('may neither look at the server nor reach other keys and channels', () => {
    const rules = rulesOf('openwebui');
    expect(rules.filter((rule) => /^[~&]/.test(rule))).toEqual([
      ...['~open-webui:*', '&open-webui:*', '&socketio', '&socketio#*'],
    ]);
    expect(rules).toContain('-@all');
    expect(rules.filter((rule) => /^\+(@|config|keys|flush|acl|info|debug|shutdown|monitor)/.test(rule))).toEqual([]);
    expect(new Set(APPLICATION_COMMANDS).size).toBe(APPLICATION_COMMANDS.length);
  });
});

describe.each([
  ['default', []],
  ['operator', []],
  ['replication', []],
  ['failover', ['~failover:*']],
  ['balancer', []],
])('the user %s', (user, keys) => {
  it("reaches none of the web UI's keys, and gets single commands alone", () => {
    const rules = rulesOf(user);
    expect(rules.filter((rule) => /^[~%]|^allkeys$/.test(rule))).toEqual(keys);
    expect(rules.filter((rule) => rule.includes('@') || /^(all|no)commands$/.test(rule))).toEqual(['-@all']);
    expect(rules.indexOf('-@all')).toBeLessThan(rules.findIndex((rule) => rule.startsWith('+')));
  });
});

const image = (tag: string, auth = true) => ({
  webui: { image: `ghcr.io/open-webui/open-webui:${tag}` },
  valkey: { auth },
});

describe('a release of Open WebUI', () => {
  it.each(['v0.12.4', 'v0.12.1', '0.9.0', 'v0.9', 'v0.10.2-slim', 'main', '1.0.0', 'git-0a1b2c3'])(
    '%s is taken',
    (tag) => {
      expect(parse(source(image(tag))).webui.image).toContain(tag);
    },
  );

  it('of another name is not judged', () => {
    const other = { webui: { image: 'registry.example.com/chat:0.1.0' } };
    expect(parse(source(other)).webui.image).toBe('registry.example.com/chat:0.1.0');
  });

  it('that uses keys without a prefix is refused, unless Valkey has no users', () => {
    expect(problem(image('v0.8.12'))).toEqual([
      'open-webui:webui.image',
      '"ghcr.io/open-webui/open-webui:v0.8.12" (it uses keys without a prefix, which its user in Valkey may not access)',
      'Open WebUI 0.9.0 or newer',
      'choose a newer release',
    ]);
    expect(parse(source(image('v0.8.12', false))).valkey.auth).toBe(false);
  });

  it('that has nothing for the health check is refused', () => {
    expect(problem(image('0.6.43', false))).toEqual([
      'open-webui:webui.image',
      '"ghcr.io/open-webui/open-webui:0.6.43" (it has no /ready, which the health check requests)',
      'Open WebUI 0.8.11 or newer',
      'choose a newer release',
    ]);
  });
});
