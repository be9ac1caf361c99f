import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { ResourceValidationArgs } from '@pulumi/policy';
import { parse } from 'yaml';
import { ROLE_LABEL, STACK_LABEL } from '../../core/labels.ts';
import { CONTAINER, NETWORK, SERVICE, VOLUME } from '../../core/resourceTypes.ts';
import { clearSecrets, gatewayAdmin, valkeyPort } from '../../policy/exposure.ts';
import { exactImage, vulnerable } from '../../policy/images.ts';
import { capabilities, hostAccess } from '../../policy/isolation.ts';
import { healthcheck, log, memory } from '../../policy/operation.ts';
import { policies } from '../../policy/policies.ts';
import { message, resourceOf, type Volume } from '../../policy/rule.ts';
import type { Container } from '../../policy/server.ts';
import { dataVolumes } from '../../policy/volumes.ts';
import { good, messages, service, serviceMessages, urn } from '../support/policy.ts';

it.each([
  capabilities,
  hostAccess,
  healthcheck,
  log,
  memory,
  valkeyPort,
  gatewayAdmin,
  clearSecrets,
  exactImage,
  vulnerable,
])('$name lets a container pass that does all of it, and a service', (rule) => {
  expect(messages(rule, {})).toEqual([]);
  expect(messages(rule, {}, { stack: 'prod-eu' })).toEqual([]);
  expect(serviceMessages(rule, {})).toEqual([]);
  expect(serviceMessages(rule, {}, { stack: 'prod-eu' })).toEqual([]);
});

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

  it('lets one pass whose label says that it can be recreated', () => {
    const labelled = (label: string, value: string) => found('prod', false, { labels: [{ label, value }] });
    expect(labelled(ROLE_LABEL, 'scratch')).toEqual([]);
    expect(labelled(ROLE_LABEL, 'data')).toHaveLength(1);
    expect(labelled(STACK_LABEL, 'scratch')).toHaveLength(1);
  });
});

describe('the pack', () => {
  /** Names of the policies that report something about a resource, as Pulumi would call them. */
  const reportingOn = async (stack: string, type: string, props: object) => {
    const args = {
      type,
      props,
      urn: urn(stack, undefined, undefined, type),
      opts: { protect: false },
    } as unknown as ResourceValidationArgs;
    const names = new Set<string>();
    for (const { name, validateResource } of policies) {
      if (typeof validateResource !== 'function') throw new Error(`${name} checks nothing`);
      await validateResource(args, () => names.add(name));
    }
    return [...names];
  };

  const reporting = (stack: string, container: Partial<Container>) =>
    reportingOn(stack, CONTAINER, { ...good, ...container });

  it('enforces every rule but one, and that one in production', () => {
    expect(policies.map(({ name, enforcementLevel }) => `${name}: ${enforcementLevel}`)).toEqual([
      'capabilities-dropped: mandatory',
      'no-host-access: mandatory',
      'healthcheck-present: mandatory',
      'log-bounded: mandatory',
      'memory-limited: mandatory',
      'valkey-not-exposed: mandatory',
      'postgres-not-exposed: mandatory',
      'gateway-administration-not-exposed: mandatory',
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

  it('judges services by the same policies, and nothing else but volumes', async () => {
    const bad = service({ container: { image: 'a/b:main', capDrops: [] }, task: { resources: {} } });
    expect(await reportingOn('prod', SERVICE, bad)).toEqual(['capabilities-dropped', 'memory-limited', 'image-exact']);
    expect(await reportingOn('prod', SERVICE, service({}))).toEqual([]);
    expect(await reportingOn('prod', VOLUME, {})).toEqual(['data-volume-protected']);
    expect(await reportingOn('prod', NETWORK, {})).toEqual([]);
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
    const { config } = parse(readFileSync(join(root, `Pulumi.${stack}.yaml`), 'utf8')) as {
      config: { database?: { kind?: string } };
    };
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
    const scratch = { label: ROLE_LABEL, value: 'scratch' };
    const volumes = resources.filter(
      ({ type, inputs }) =>
        type === VOLUME && !(inputs as Volume).labels?.some((label) => isDeepStrictEqual(label, scratch)),
    );
    const data = config.database?.kind === 'postgres' ? ['postgres', 'valkey', 'webui'] : ['valkey', 'webui'];
    expect(volumes.map(({ name, retainOnDelete }) => ({ name, retainOnDelete }))).toEqual(
      data.map((server) => ({ name: `chat-${server}-data`, retainOnDelete: true })),
    );
  });
});
