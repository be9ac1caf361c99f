/**
 * Where an input has another form than the setting of a stack file: a language with types has one kind of value in a place, where YAML has several.
 * All others are the settings as they are.
 */

type Value = unknown;
type Group = Record<string, Value>;

/** Another form of a setting. */
export interface Form {
  /** The setting, from the top. */
  path: string;
  /** What its description says besides. */
  note: string;
  /** The setting that an input stands for. Whatever is not of the form stays as it is, for the checks to refuse. */
  toSetting: (input: Value) => Value;
}

const isGroup = (value: Value): value is Group => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A switch beside the port and the address, for one of two kinds of values. */
export const ENABLED = {
  name: 'enabled',
  description:
    'Whether the page is published at a port of the Docker host at all. Default: true, or false with a gateway',
} as const;

const published: Form = {
  path: 'webui.publish',
  note: '',
  toSetting: (input) => {
    if (!isGroup(input) || !(ENABLED.name in input)) return input;
    const { [ENABLED.name]: enabled, ...rest } = input;
    // A wrong one is an unknown key of the setting, and refused as such.
    if (typeof enabled !== 'boolean') return input;
    return enabled ? rest : 'none';
  },
};

const headers: Form = {
  path: 'gateway.headers',
  note: ' An empty text stands for false',
  toSetting: (input) =>
    isGroup(input)
      ? Object.fromEntries(Object.entries(input).map(([name, value]) => [name, value === '' ? false : value]))
      : input,
};

const gpus: Form = {
  path: 'webui.gpus',
  note: ' As docker run --gpus: all, a number, or device=0,2',
  toSetting: (input) => {
    if (typeof input !== 'string') return input;
    if (/^\d+$/.test(input)) return Number(input);
    return input.startsWith('device=') ? input.slice('device='.length).split(',') : input;
  },
};

export const FORMS: readonly Form[] = [published, headers, gpus];

/** Variables of the web UI that are secrets, whether they are given as such or not. In a stack file they stand among the others. */
export const SECRET_ENV = {
  section: 'webui',
  name: 'secretEnv',
  beside: 'env',
  description:
    'Environment variables of Open WebUI that stay out of docker inspect, previews and the state in clear, such as OPENAI_API_KEY. A change replaces the container',
} as const;
