/** A service in words that compare: what was asked of Swarm, and what Swarm has. */

import { SERVICE } from '../../core/resourceTypes.ts';
import type { Docker } from '../../docker/client.ts';
import { inspectServices, type Service, tasksOf } from '../../docker/services.ts';
import { type Facts, HEALTH } from './facts.ts';
import { type Resource, reveal } from './state.ts';

/** As the provider has them. */
interface Resources {
  memoryBytes?: number;
  nanoCpus?: number;
}

/** What the provider was given for a service, as far as it can be changed outside Pulumi. */
interface Inputs {
  name: string;
  mode: { replicated: { replicas: number } };
  taskSpec: {
    containerSpec: {
      image: string;
      commands?: string[];
      args?: string[];
      user?: string;
      readOnly?: boolean;
      capAdds?: string[];
      capDrops?: string[];
      hosts?: { host: string; ip: string }[];
      mounts?: { source?: string; target: string; type: string; readOnly?: boolean }[];
      secrets?: { secretName: string }[];
    };
    resources?: { limits?: Resources; reservation?: Resources };
    placement?: { constraints?: string[] };
  };
  endpointSpec?: { ports?: { targetPort: number; publishedPort: number }[] };
}

const words = (list: readonly string[] | null | undefined) => JSON.stringify(list ?? []);
const sorted = (list: readonly string[] | null | undefined) => [...(list ?? [])].sort().join(', ') || 'none';
const mount = (source: string | undefined, readOnly: boolean | undefined) =>
  `${source || 'memory'}${readOnly ? ', read-only' : ''}`;

/** What a service was asked to be. */
function expected({ mode, taskSpec, endpointSpec }: Inputs): Facts {
  const { containerSpec: spec, resources, placement } = taskSpec;
  return new Map([
    ['image', spec.image],
    ['instances', String(mode.replicated.replicas)],
    ['entrypoint', words(spec.commands)],
    ['command', words(spec.args)],
    ['user', spec.user ?? ''],
    ['root file system', spec.readOnly ? 'read-only' : 'writable'],
    ['capabilities added', sorted(spec.capAdds)],
    ['capabilities dropped', sorted(spec.capDrops)],
    ['host names', sorted(spec.hosts?.map(({ host, ip }) => `${ip} ${host}`))],
    ['secrets', sorted(spec.secrets?.map(({ secretName }) => secretName))],
    ...(spec.mounts ?? []).map(({ source, target, readOnly }): [string, string] => [
      `mount at ${target}`,
      mount(source, readOnly),
    ]),
    ['memory', String(resources?.limits?.memoryBytes ?? 0)],
    ['processors', String(resources?.limits?.nanoCpus ?? 0)],
    ['reserved memory', String(resources?.reservation?.memoryBytes ?? 0)],
    ['reserved processors', String(resources?.reservation?.nanoCpus ?? 0)],
    ['place', sorted(placement?.constraints)],
    ['ports', sorted(endpointSpec?.ports?.map(({ targetPort, publishedPort }) => `${publishedPort}:${targetPort}`))],
    [HEALTH, 'good'],
  ]);
}

/** What a service is. */
function actual({ Spec: { TaskTemplate, Mode, EndpointSpec } }: Service, running: number): Facts {
  const { ContainerSpec: spec, Resources, Placement } = TaskTemplate;
  const replicas = Mode.Replicated?.Replicas ?? 0;
  return new Map([
    ['image', spec.Image],
    ['instances', String(replicas)],
    ['entrypoint', words(spec.Command)],
    ['command', words(spec.Args)],
    ['user', spec.User ?? ''],
    ['root file system', spec.ReadOnly ? 'read-only' : 'writable'],
    ['capabilities added', sorted(spec.CapabilityAdd)],
    ['capabilities dropped', sorted(spec.CapabilityDrop)],
    ['host names', sorted(spec.Hosts)],
    ['secrets', sorted(spec.Secrets?.map(({ SecretName }) => SecretName))],
    ...(spec.Mounts ?? []).map(({ Source, Target, ReadOnly }): [string, string] => [
      `mount at ${Target}`,
      mount(Source, ReadOnly),
    ]),
    ['memory', String(Resources?.Limits?.MemoryBytes ?? 0)],
    ['processors', String(Resources?.Limits?.NanoCPUs ?? 0)],
    ['reserved memory', String(Resources?.Reservations?.MemoryBytes ?? 0)],
    ['reserved processors', String(Resources?.Reservations?.NanoCPUs ?? 0)],
    ['place', sorted(Placement?.Constraints)],
    ['ports', sorted(EndpointSpec?.Ports?.map(({ PublishedPort, TargetPort }) => `${PublishedPort}:${TargetPort}`))],
    [HEALTH, running >= replicas ? 'good' : `${running} of ${replicas} tasks run`],
  ]);
}

/** One service of a stack. */
export interface Compared {
  /** Kind and name, such as "service open-webui". */
  object: string;
  asked: Facts;
  /** Undefined where there is none. */
  found: Facts | undefined;
}

/** The services that a stack has noted, beside those of its Swarm. */
export async function compareServices(docker: Docker, resources: readonly Resource[]): Promise<Compared[]> {
  const noted = resources
    .filter(({ type }) => type === SERVICE)
    .map(({ inputs = {} }) => reveal(inputs).value as Inputs);
  const present = await inspectServices(
    docker,
    noted.map(({ name }) => name),
  );
  return Promise.all(
    noted.map(async (inputs) => {
      const service = present.find(({ Spec }) => Spec.Name === inputs.name);
      const runs = ({ wanted, state }: { wanted: string; state: string }) =>
        wanted === 'Running' && state === 'Running';
      const running = service ? (await tasksOf(docker, inputs.name)).filter(runs).length : 0;
      return {
        ...{ object: `service ${inputs.name}`, asked: expected(inputs) },
        found: service && actual(service, running),
      };
    }),
  );
}
