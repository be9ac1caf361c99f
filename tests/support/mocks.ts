import * as pulumi from '@pulumi/pulumi';
import type { EngineId } from '../../core/endpoint.ts';
import { GET_NETWORK } from '../../core/resourceTypes.ts';
import type { EngineInfo } from '../../docker/info.ts';
import { ENGINE, engineHas, engineSays, type Present } from './dockerClient.ts';

/** One registration as the engine would see it. */
export interface Registration {
  type: string;
  name: string;
  /** Name of the parent; undefined for what has none but the stack. */
  parent: string | undefined;
  inputs: Record<string, unknown>;
  /** Names of what it waits for. */
  dependencies: string[];
  retainOnDelete: boolean;
  protect: boolean;
  deleteBeforeReplace: boolean;
  ignoreChanges: string[];
  replaceOnChanges: string[];
  /** A value that replaces it whenever it changes. */
  replacementTrigger: unknown;
  /** Names of those with which it is replaced. */
  replaceWith: string[];
  /** Names that it had. */
  aliases: string[];
}

/** The key by which Pulumi marks a secret on its way to the engine. */
const SIGNATURE = '4dabf18193072939515e22adb298388d';

/** Stands for every generated password. */
export const GENERATED = 'generated-password';

/** Whether a value on its way to the engine is secret as a whole. */
export const isSecret = (value: unknown): boolean => typeof value === 'object' && value !== null && SIGNATURE in value;

/** A value on its way to the engine with every secret in it opened. */
export function revealed(value: unknown): unknown {
  if (isSecret(value)) return revealed((value as { value: unknown }).value);
  if (Array.isArray(value)) return value.map(revealed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, revealed(inner)]));
}

const nameOf = (urn: string) => urn.split('::').at(-1) ?? '';

interface Request {
  getType(): string;
  getName(): string;
  getParent(): string;
  getRetainondelete(): boolean | undefined;
  getProtect(): boolean | undefined;
  getDeletebeforereplace(): boolean | undefined;
  getDependenciesList(): string[];
  getIgnorechangesList(): string[];
  getReplaceonchangesList(): string[];
  getReplacementTrigger(): { toJavaScript(): unknown } | undefined;
  getReplaceWithList(): string[];
  getAliasesList(): { getSpec(): { getName(): string } | undefined; getUrn(): string }[];
}

interface Options {
  stack?: string;
  /** What is on the engine, ours or not, and what of it the state knows to be the stack's own, as "kind name". */
  present?: readonly Present[] | Error;
  /** What the engine says of itself, besides that it can do everything. */
  engine?: Partial<EngineInfo>;
  known?: readonly string[];
  /** Whether nothing on it had the stack's labels when its state began. */
  startedClean?: boolean;
  /** Names of the Docker networks that exist. */
  networks?: readonly string[];
  /** The engine on which the stack is deployed already: as its file named it, and by what it says of itself. */
  deployedOn?: string;
  bound?: EngineId;
  /** What the engine says of itself that answers now. */
  says?: EngineId;
  /** The address by which the first update has reached the engine. Default: the present one */
  address?: string;
  /** Whether the engine answers at all. Default: true. */
  answers?: boolean;
  /** Whether it is a preview. Default: false. */
  preview?: boolean;
}

/** Runs a program without an engine; returns all that it registers, sorted by name, and its result. */
export async function record<T>(
  program: () => T | Promise<T>,
  {
    stack = 'test',
    present = [],
    engine = {},
    known = [],
    startedClean = false,
    networks = [],
    deployedOn,
    bound,
    says = ENGINE,
    address,
    answers = true,
    preview = false,
  }: Options = {},
): Promise<{ resources: Registration[]; result: Awaited<T> }> {
  const resources: Registration[] = [];
  engineHas(present, engine);
  engineSays(says);
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        const found = resources.find((one) => one.type === type && one.name === name);
        if (found) found.inputs = inputs;
        const generated = type.startsWith('random:') ? { result: pulumi.secret(GENERATED) } : {};
        const first = { host: deployedOn, engine: bound, address, names: startedClean ? 'free' : undefined }[name];
        const stashed = type === 'pulumi:index:Stash' ? { output: first ?? inputs['input'] } : {};
        const ended = inputs['mustRun'] === false ? { exitCode: 0 } : {};
        return { id: `${name}-id`, state: { ...inputs, ...generated, ...ended, ...stashed } };
      },
      call: ({ token, inputs }) => {
        if (token === 'pulumi:pulumi:readStackResourceOutputs') {
          const state = known
            .map((one) => one.split(' '))
            .map(([kind, name]) => ({ type: `docker:index/${kind}:`, outputs: { name } }));
          const stash = bound && {
            [`urn:pulumi:${stack}::open-webui::pulumi:index:Stash::engine`]: {
              type: 'pulumi:index:Stash',
              outputs: { output: bound },
            },
          };
          return { name: stack, outputs: { ...state, ...stash } };
        }
        if (token !== GET_NETWORK) throw new Error(`unexpected call of ${token}`);
        if (!answers) throw Object.assign(new Error(), { details: 'Error pinging Docker server' });
        if (!networks.includes(inputs['name'])) {
          // The text of a failed call travels in `details`, as gRPC has it.
          throw Object.assign(new Error(), {
            details: `Could not find docker network: network ${inputs['name']} not found`,
          });
        }
        return { id: 'network-id', ...inputs };
      },
    },
    'open-webui',
    stack,
    preview,
  );
  // The mocks see neither parent nor options, the monitor's interface below them does.
  const monitor = pulumi.runtime.getMonitor() as unknown as {
    registerResource: (request: Request, callback: unknown) => unknown;
  };
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) => {
    resources.push({
      type: request.getType(),
      name: request.getName(),
      parent: request.getParent().split('::').at(-1) || undefined,
      inputs: {},
      retainOnDelete: request.getRetainondelete() ?? false,
      protect: request.getProtect() ?? false,
      deleteBeforeReplace: request.getDeletebeforereplace() ?? false,
      dependencies: request.getDependenciesList().map(nameOf),
      ignoreChanges: request.getIgnorechangesList(),
      replaceOnChanges: request.getReplaceonchangesList(),
      replacementTrigger: request.getReplacementTrigger()?.toJavaScript(),
      replaceWith: request.getReplaceWithList().map(nameOf),
      aliases: request
        .getAliasesList()
        .filter((alias) => request.getType().startsWith('openwebui:') && (alias.getSpec() ?? alias.getUrn()))
        .map((alias) => alias.getSpec()?.getName() || nameOf(alias.getUrn())),
    });
    return register(request, callback);
  };
  const result = await program();
  await pulumi.runtime.disconnect();
  resources.sort((a, b) => a.name.localeCompare(b.name));
  return { resources, result };
}

/** Type, name and parent of each registration: the shape of what was made. */
export const shape = (resources: readonly Registration[]) =>
  resources.map(({ type, name, parent }) => `${parent ?? ''} > ${name} (${type.split(':').at(-1)})`);

export function named(resources: readonly Registration[], name: string): Registration {
  const found = resources.find((resource) => resource.name === name);
  if (!found) throw new Error(`nothing named ${name} was registered: ${resources.map((one) => one.name).join(', ')}`);
  return found;
}
