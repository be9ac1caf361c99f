import { parse } from '../../settings/parse.ts';
import { env, problem, source } from '../support/settings.ts';

describe('variables against the wiring', () => {
  const wired = (right: string) => `nothing, or ${right}`;
  const own = 'nothing: leave it to the deployment';

  it.each<[string, unknown, string, string, string]>([
    [
      'WEBSOCKET_MANAGER',
      'Redis',
      'Open WebUI knows only the lower-case "redis" and would silently do without Valkey',
      wired('redis'),
      'remove it',
    ],
    ['WEBSOCKET_MANAGER', '', 'the deployment sets it', wired('redis'), 'remove it'],
    [
      'ENABLE_WEBSOCKET_SUPPORT',
      false,
      'without websockets nothing would go through Valkey',
      wired('true'),
      'remove it',
    ],
    [
      'WEBSOCKET_REDIS_URL',
      'valkey://redis:6379/1',
      'Open WebUI ends at its start with a valkey:// address: the scheme is redis://',
      own,
      'remove it',
    ],
    [
      'WEBSOCKET_REDIS_URL',
      'redis://127.0.0.1:6379/1',
      'inside the container that is the web UI itself, not Valkey',
      own,
      'remove it',
    ],
    [
      'REDIS_URL',
      'redis://LOCALHOST:6379/0',
      'inside the container that is the web UI itself, not Valkey',
      own,
      'remove it',
    ],
    ['REDIS_URL', 'redis://elsewhere:6379/0', 'the deployment sets the address of its own Valkey', own, 'remove it'],
    [
      'REDIS_KEY_PREFIX',
      'mine',
      "Open WebUI's user in Valkey may use no other keys, and this Valkey is this stack's alone",
      wired('open-webui'),
      'remove it',
    ],
    ['REDIS_SENTINEL_HOSTS', 'a', 'the deployment runs a single Valkey', own, 'remove it'],
    ['REDIS_CLUSTER', 'true', 'the deployment runs a single Valkey', wired('false'), 'remove it'],
    ['WEBUI_SECRET_KEY', 'x', 'the deployment generates the key and keeps it', own, 'remove it'],
    ['WEBUI_ADMIN_EMAIL', 'x', 'the deployment creates the administrator', own, 'remove it and set webui.admin.email'],
    ['WEBUI_ADMIN_PASSWORD', 'x', 'the deployment creates the administrator', own, 'remove it'],
    [
      'WEBUI_AUTH',
      'False',
      'the deployment creates an administrator, and sign-in cannot be turned off once there is a user',
      wired('true'),
      'remove it',
    ],
    ['ENABLE_SIGNUP', 'true', 'the deployment sets it', wired('false'), 'remove it and set webui.signup'],
    [
      'ENABLE_PERSISTENT_CONFIG',
      false,
      'the deployment sets it',
      wired('true'),
      'remove it and set webui.configuration',
    ],
    ['PORT', 80, 'the deployment sets it', wired('8080'), 'remove it and set webui.publish.port'],
    [
      'CORS_ALLOW_ORIGIN',
      'chat.example.com',
      'Open WebUI ends at its start when one of them is no address',
      '* or a list of http:// and https:// addresses separated by ";"',
      'write it as "http://127.0.0.1:3000"',
    ],
    [
      'CORS_ALLOW_ORIGIN',
      'https://a.example.com;https://b.example.com',
      "the page's own websocket would be refused",
      '* or a list of http:// and https:// addresses separated by ";"',
      'add http://127.0.0.1:3000',
    ],
    [
      'UVICORN_WORKERS',
      4,
      'several processes would change the same SQLite file at their start, and all but one end',
      '1 without a Postgres DATABASE_URL',
      'write it as "1"',
    ],
    [
      'WEBSOCKET_REDIS_OPTIONS',
      '{socket_timeout: 1}',
      'Open WebUI would ignore it',
      'a JSON object as text',
      `write it as '{"socket_timeout": null}'`,
    ],
  ])('%s=%j', (variable, value, reason, allowed, fix) => {
    const [key, given, ...rest] = problem(env(variable, value));
    expect(key).toBe(`open-webui:webui.env.${variable}`);
    const secret = /^WEBUI_(SECRET_KEY|ADMIN_PASSWORD)$/.test(variable);
    expect(given).toBe(`${secret ? '(not shown: it may be a secret)' : JSON.stringify(value)} (${reason})`);
    expect(rest).toEqual([allowed, fix]);
  });

  it('takes the address of an open Valkey, as the tutorial has it', () => {
    const given = { valkey: { auth: false }, webui: { env: { WEBSOCKET_REDIS_URL: 'redis://redis:6379/1' } } };
    expect(parse(source(given)).valkey.auth).toBe(false);
  });

  it('refuses UVICORN_WORKERS that is no number', () => {
    expect(problem(env('UVICORN_WORKERS', 'many'))).toEqual([
      'open-webui:webui.env.UVICORN_WORKERS',
      '"many"',
      'a whole number from 1 to 999',
      'write it as "1"',
    ]);
  });

  it('takes several processes with a Postgres database', () => {
    const given = { webui: { env: { UVICORN_WORKERS: '4', DATABASE_URL: 'postgresql://db/owui' } } };
    expect(parse(source(given)).webui.processes).toBe(4);
  });
});
