import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { CONTAINER } from '../../core/resourceTypes.ts';
import { readStackFile } from '../../settings/file.ts';
import { portOf } from '../support/settings.ts';

const root = join(__dirname, '..', '..');
const stacks = readdirSync(root).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);

/** As Pulumi writes a setting into a stack file that it changes, as with its salt at the first update. */
const qualified = (key: string): string => (key.includes(':') ? key : `open-webui:${key}`);

/** Loads the whole program as Pulumi does, with the configuration of a stack file. */
async function load(stack: string, config: Record<string, unknown>) {
  jest.resetModules();
  // Pulumi keeps its state in its modules, so the helper has to get the same copies as the program.
  const pulumi = require('@pulumi/pulumi') as typeof import('@pulumi/pulumi');
  const { record } = require('../support/mocks.ts') as typeof import('../support/mocks.ts');
  return record(
    () => {
      const values = Object.entries(config).map(([key, value]) => [qualified(key), JSON.stringify(value)]);
      pulumi.runtime.setAllConfig(Object.fromEntries(values), []);
      return (require('../../index.ts') as typeof import('../../index.ts')).default();
    },
    { stack },
  );
}

it('finds the stack files of the repository', () => {
  // Others may stand beside them: everybody makes stacks of their own.
  expect(stacks).toEqual(expect.arrayContaining(['dev', 'local', 'prod', 'sage', 'staging']));
});

/** With its network and that network's component, two passwords, its image, two volumes, the task and its server. */
const POSTGRES = 10;

describe.each(stacks)('Pulumi.%s.yaml', (stack) => {
  it('is accepted, and the program deploys it', async () => {
    const { config, encryptionsalt } = parse(readFileSync(join(root, `Pulumi.${stack}.yaml`), 'utf8')) as {
      config: Record<string, unknown>;
      encryptionsalt?: string;
    };
    const { resources } = await load(stack, config);
    const containers = resources.filter(({ type, name }) => type === CONTAINER && !name.endsWith('-init-container'));
    const file = readStackFile(join(root, `Pulumi.${stack}.yaml`), 'open-webui', stack);
    const { database, hardening, valkey, webui } = file;
    const hasPostgres = database.kind === 'postgres';
    expect(containers.map(({ inputs }) => [inputs['name'], inputs['image']])).toEqual([
      ...(hasPostgres ? [[database.name, database.image]] : []),
      [valkey.name, valkey.image],
      [webui.name, webui.image],
    ]);
    // The template works under any name. With a salt, the file is as Pulumi has written it for this project.
    if (encryptionsalt === undefined) for (const key of Object.keys(config)) expect(key).not.toContain(':');
    // Three for the engine: its provider, what it says of itself, its address. Strict: the other network, the volume of secrets, the task, each network's component.
    expect(resources).toHaveLength((hardening === 'strict' ? 25 : 21) + (hasPostgres ? POSTGRES : 0));
  });
});

it('gives dev the names of the tutorial', () => {
  const { network, valkey, webui } = readStackFile(join(root, 'Pulumi.dev.yaml'), 'open-webui', 'dev');
  expect([network.name, valkey.name, valkey.alias, valkey.volume, webui.name, webui.volume, webui.publish]).toEqual([
    'openwebui-network',
    'redis-valkey',
    'redis',
    'redis-data',
    'open-webui',
    'open-webui',
    { port: 3000, address: '127.0.0.1' },
  ]);
});

it('gives sage its own names, image and port', () => {
  const { webui } = readStackFile(join(root, 'Pulumi.sage.yaml'), 'open-webui', 'sage');
  expect([webui.name, webui.volume, webui.image, portOf(webui)]).toEqual([
    'sage-open-webui',
    'sage-open-webui',
    'ghcr.io/startr/ai-web-openwebui:main',
    3001,
  ]);
});

it('gives prod everything that keeps its containers in', () => {
  const { hardening, valkey, webui } = readStackFile(join(root, 'Pulumi.prod.yaml'), 'open-webui', 'prod');
  expect([hardening, valkey.protectData, webui.protectData]).toEqual(['strict', true, true]);
});

it('never gives two stacks the same name, volume or port', () => {
  const used = stacks.flatMap((stack) => {
    const { network, valkey, webui } = readStackFile(join(root, `Pulumi.${stack}.yaml`), 'open-webui', stack);
    return [network.name, valkey.name, `volume ${valkey.volume}`, webui.name, `volume ${webui.volume}`];
  });
  expect(new Set(used).size).toBe(used.length);
});
