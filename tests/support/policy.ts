import { COMPONENTS, CONTAINER } from '../../core/resourceTypes.ts';
import { message, type Rule, resourceOf } from '../../policy/rule.ts';
import { type Container, ofContainer, ofService, type Server, type Service } from '../../policy/server.ts';

/** The URN of what a component inside of a deployment has made. */
export const urn = (
  stack: string,
  parent: string = COMPONENTS.valkey,
  name = 'valkey-container',
  type: string = CONTAINER,
) => `urn:pulumi:${stack}::open-webui::${COMPONENTS.deployment}$${parent}$${type}::${name}`;

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

/** Obeys every rule in every stack, as a service. */
export const goodService: Service = {
  name: 'redis-valkey',
  taskSpec: {
    containerSpec: {
      image: 'docker.io/valkey/valkey:8.0.10-alpine',
      capDrops: ['ALL'],
      capAdds: ['CAP_SETGID', 'SETUID'],
      env: { REDIS_URL: 'redis://redis:6379/0', ENABLE_API_KEY: 'true', OPENAI_API_KEY: '' },
      healthcheck: { tests: ['CMD-SHELL', 'valkey-cli ping'], retries: 5 },
      mounts: [{ type: 'volume', source: 'redis-data', target: '/data' }],
      secrets: [{ secretId: 'abc', fileName: '/run/secrets/users.acl' }],
    },
    logDriver: { name: 'json-file', options: { 'max-size': '1m', 'max-file': '1' } },
    networksAdvanceds: [{ id: 'abc' }],
    resources: { limits: { memoryBytes: 512 * 1024 * 1024 } },
    restartPolicy: { condition: 'any' },
  },
};

type Where = { stack?: string; parent?: string; name?: string };

const messagesOf = (rule: Rule<Server>, server: Server, { stack = 'dev', parent, name }: Where) =>
  rule
    .check(server, resourceOf(urn(stack, parent, name), { protect: false }))
    .map((violation) => message(resourceOf(urn(stack, parent, name), { protect: false }), violation));

/** Messages of a rule about the good container with some arguments changed; undefined leaves one out. */
export const messages = (
  rule: Rule<Server>,
  change: { [Key in keyof Container]?: Container[Key] | undefined },
  where: Where = {},
): string[] => messagesOf(rule, ofContainer({ ...good, ...change } as Container), where);

type TaskSpec = Service['taskSpec'];

/** What a test changes in the good service: parts of it, of its task and of the container in that. */
interface ServiceChange {
  container?: { [Key in keyof TaskSpec['containerSpec']]?: TaskSpec['containerSpec'][Key] | undefined };
  task?: { [Key in keyof TaskSpec]?: TaskSpec[Key] | undefined };
  endpointSpec?: Service['endpointSpec'];
}

/** The good service with some arguments changed; undefined leaves one out. */
export const service = ({ container, task, ...change }: ServiceChange): Service => {
  const containerSpec = { ...goodService.taskSpec.containerSpec, ...container };
  return { ...goodService, ...change, taskSpec: { ...goodService.taskSpec, ...task, containerSpec } } as Service;
};

/** Messages of a rule about such a service, which no component of the project has made unless `where` says so. */
export const serviceMessages = (rule: Rule<Server>, change: ServiceChange, where: Where = ELSEWHERE): string[] =>
  messagesOf(rule, ofService(service(change)), where);

export const WEBUI = { parent: COMPONENTS.openWebUI, name: 'webui-container' };
export const ELSEWHERE = { parent: 'pulumi:pulumi:Stack', name: 'other' };
