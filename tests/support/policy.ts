import { type Container, message, type Rule, resourceOf } from '../../policy/rule.ts';

export const urn = (stack: string, parent = 'openwebui:index:Valkey', name = 'valkey-container') =>
  `urn:pulumi:${stack}::open-webui::${parent}$docker:index/container:Container::${name}`;

/** Obeys every rule in every stack. */
export const good: Container = {
  name: 'redis-valkey',
  image: 'docker.io/valkey/valkey:8.0.10-alpine',
  capabilities: { drops: ['ALL'], adds: ['CAP_SETGID', 'SETUID', 'CAP_DAC_OVERRIDE', 'chown'] },
  healthcheck: { tests: ['CMD-SHELL', "[ $(valkey-cli ping) = 'PONG' ]"], retries: 5 },
  logDriver: 'json-file',
  logOpts: { 'max-size': '1m', 'max-file': '1' },
  memory: 512,
  ports: [{ internal: 6379, external: 6379, ip: '127.0.0.1' }],
  envs: [
    'WEBUI_ADMIN_EMAIL=admin@example.com',
    'REDIS_URL=redis://redis:6379/0',
    'ENABLE_API_KEY=true',
    'OPENAI_API_KEY=',
  ],
  volumes: [{ volumeName: 'redis-data', containerPath: '/data' }],
  uploads: [{ file: '/run/secrets/open-webui.env', content: "OPENAI_API_KEY='secret'" }],
};

type Where = { stack?: string; parent?: string; name?: string };

/** Messages of a rule about the good container with some arguments changed; undefined leaves one out. */
export function messages(
  rule: Rule<Container>,
  change: { [Key in keyof Container]?: Container[Key] | undefined },
  { stack = 'dev', parent, name }: Where = {},
): string[] {
  const resource = resourceOf(urn(stack, parent, name), { protect: false });
  return rule.check({ ...good, ...change } as Container, resource).map((violation) => message(resource, violation));
}

export const WEBUI = { parent: 'openwebui:index:OpenWebUI', name: 'webui-container' };
export const ELSEWHERE = { parent: 'pulumi:pulumi:Stack', name: 'other' };
