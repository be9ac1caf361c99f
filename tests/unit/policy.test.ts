import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ResourceValidationArgs } from '@pulumi/policy';
import { parse } from 'yaml';
import { clearSecrets, valkeyPort } from '../../policy/exposure.ts';
import { exactImage, vulnerable } from '../../policy/images.ts';
import { capabilities, hostAccess } from '../../policy/isolation.ts';
import { healthcheck, log, memory } from '../../policy/operation.ts';
import { policies } from '../../policy/policies.ts';
import { type Container, message, resourceOf, type Volume } from '../../policy/rule.ts';
import { dataVolumes } from '../../policy/volumes.ts';
import { good, messages, urn } from '../support/policy.ts';

it.each([capabilities, hostAccess, healthcheck, log, memory, valkeyPort, clearSecrets, exactImage, vulnerable])(
  '$name lets a container pass that does all of it',
  (rule) => {
    expect(messages(rule, {})).toEqual([]);
    expect(messages(rule, {}, { stack: 'prod-eu' })).toEqual([]);
  },
);

describe('data-volume-protected', () => {
  const found = (stack: string, protect: boolean, volume: Volume = {}) => {
    const resource = resourceOf(urn(stack, undefined, 'valkey-data'), { protect });
    return dataVolumes.check(volume, resource).map((violation) => message(resource, violation));
  };

  it('refuses an unprotected volume in production', () => {
    expect(found('prod', false)).toEqual([
      'valkey-data is a volume without protection in the production stack prod.\n' +
        'Allowed: volumes with the option protect.\n' +
        'To do:   set open-webui:valkey.protectData in Pulumi.prod.yaml to true.',
    ]);
  });

  it('lets a protected one pass, and any elsewhere', () => {
    expect(found('prod', true)).toEqual([]);
    expect(found('dev', false)).toEqual([]);
    expect(found('reproduction', false)).toEqual([]);
  });

  it('lets one pass that says of itself that all of it can be made again', () => {
    const labelled = (label: string, value: string) => found('prod', false, { labels: [{ label, value }] });
    expect(labelled('com.pulumi.volume', 'scratch')).toEqual([]);
    expect(labelled('com.pulumi.volume', 'data')).toHaveLength(1);
    expect(labelled('com.pulumi.stack', 'scratch')).toHaveLength(1);
  });
});

describe('the pack', () => {
  /** Names of the policies that report something about a container, as Pulumi would call them. */
  const reporting = async (stack: string, container: Partial<Container>) => {
    const args = {
      type: 'docker:index/container:Container',
      props: { ...good, ...container },
      urn: urn(stack),
      opts: { protect: false },
      isType: () => true,
    } as unknown as ResourceValidationArgs;
    const names = new Set<string>();
    for (const { name, validateResource } of policies.filter((policy) => policy.name !== dataVolumes.name)) {
      if (typeof validateResource !== 'function') throw new Error(`${name} checks nothing`);
      await validateResource(args, () => names.add(name));
    }
    return [...names];
  };

  it('enforces every rule but one, and that one in production', () => {
    expect(policies.map(({ name, enforcementLevel }) => `${name}: ${enforcementLevel}`)).toEqual([
      'capabilities-dropped: mandatory',
      'no-host-access: mandatory',
      'healthcheck-present: mandatory',
      'log-bounded: mandatory',
      'memory-limited: mandatory',
      'valkey-not-exposed: mandatory',
      'no-secret-in-environment: mandatory',
      'valkey-without-known-holes: mandatory',
      'data-volume-protected: mandatory',
      'image-exact: mandatory',
      'image-exact-advice: advisory',
    ]);
    // Pulumi refuses a pack with two policies of one name.
    expect(new Set(policies.map(({ name }) => name)).size).toBe(policies.length);
  });

  it('refuses a floating tag in production and advises elsewhere', async () => {
    expect(await reporting('prod-eu', { image: 'a/b:main' })).toEqual(['image-exact']);
    expect(await reporting('sage', { image: 'a/b:main' })).toEqual(['image-exact-advice']);
    expect(await reporting('prod', {})).toEqual([]);
  });

  it('reports through the policy of the rule', async () => {
    expect(await reporting('dev', { memory: 0, privileged: true })).toEqual(['no-host-access', 'memory-limited']);
  });
});

/** What policies cannot see: see policy/volumes.ts. */
describe('data volumes of the program', () => {
  const root = join(__dirname, '..', '..');
  const stacks = readdirSync(root).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);

  it.each(stacks)('outlive the stack %s', async (stack) => {
    const { config } = parse(readFileSync(join(root, `Pulumi.${stack}.yaml`), 'utf8')) as { config: object };
    jest.resetModules();
    // Pulumi keeps its state in its modules, so the helper has to get the same copies as the program.
    const pulumi = require('@pulumi/pulumi') as typeof import('@pulumi/pulumi');
    const { record } = require('../support/mocks.ts') as typeof import('../support/mocks.ts');
    const { resources } = await record(
      () => {
        const values = Object.entries(config).map(([key, value]) => [key, JSON.stringify(value)]);
        pulumi.runtime.setAllConfig(Object.fromEntries(values), []);
        return (require('../../index.ts') as typeof import('../../index.ts')).default();
      },
      { stack },
    );
    const volumes = resources.filter(
      ({ type, name }) => type === 'docker:index/volume:Volume' && name !== 'webui-secrets',
    );
    expect(volumes.map(({ name, retainOnDelete }) => ({ name, retainOnDelete }))).toEqual([
      { name: 'valkey-data', retainOnDelete: true },
      { name: 'webui-data', retainOnDelete: true },
    ]);
  });
});
