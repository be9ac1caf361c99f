/** The rules on services: where they read, and where they say that the fault is to be mended. */

import { unknownCheckingProxy } from '@pulumi/policy';
import { unknownValue } from '@pulumi/pulumi/runtime/rpc.js';
import { clearSecrets, valkeyPort } from '../../policy/exposure.ts';
import { exactImage, vulnerable } from '../../policy/images.ts';
import { capabilities, hostAccess } from '../../policy/isolation.ts';
import { healthcheck, log, memory } from '../../policy/operation.ts';
import { ofService } from '../../policy/server.ts';
import { service, serviceMessages, WEBUI } from '../support/policy.ts';

const VALKEY = { name: 'valkey-service' };

it('valkey-not-exposed refuses every published port, as Swarm knows no address', () => {
  const endpointSpec = { ports: [{ targetPort: 6379, publishedPort: 6379, publishMode: 'host' }] };
  const text = (setting: string) =>
    'publishes port 6379 of Valkey on every address.\n' +
    'Allowed: no publication: Swarm publishes a port on every address.\n' +
    `To do:   remove ${setting}: services on its network need no published port.`;
  expect(serviceMessages(valkeyPort, { endpointSpec }, VALKEY)).toEqual([
    `valkey-service ${text('open-webui:valkey.publish in Pulumi.dev.yaml')}`,
  ]);
  expect(serviceMessages(valkeyPort, { endpointSpec })).toEqual([`other ${text('its argument endpointSpec.ports')}`]);
  const page = { ports: [{ targetPort: 8080, publishedPort: 3000 }] };
  expect(serviceMessages(valkeyPort, { endpointSpec: page, container: { image: 'a/webui:1' } })).toEqual([]);
});

it('no-secret-in-environment names the variables and never prints them', () => {
  const container = { env: { A: '1', OPENAI_API_KEYS: 'sk-value', DATABASE_URL: 'postgresql://u:value@db/x' } };
  expect(serviceMessages(clearSecrets, { container })).toEqual([
    'other has a secret in its environment: OPENAI_API_KEYS, DATABASE_URL.\n' +
      'Allowed: secrets in a file that only its owner can read.\n' +
      'To do:   set it in taskSpec.containerSpec.secrets, and read it from there where the program starts.',
  ]);
  expect(serviceMessages(clearSecrets, { container }, WEBUI)[0]).toContain(
    '--path open-webui:webui.env.OPENAI_API_KEYS,',
  );
  expect(serviceMessages(clearSecrets, { container: { env: undefined } })).toEqual([]);
  const labels = [{ label: 'api-key', value: 'value' }];
  expect(serviceMessages(clearSecrets, { container: { labels } })).toEqual([
    expect.stringContaining('other has a secret in its labels: api-key.\n'),
  ]);
});

it('the rules on images name the argument', () => {
  const image = 'valkey/valkey:8.0.9';
  expect(serviceMessages(vulnerable, { container: { image } })[0]).toContain(
    'in its argument taskSpec.containerSpec.image.',
  );
  expect(serviceMessages(exactImage, { container: { image: 'a/b:main' } })).toEqual([
    'other runs a/b:main: main is whatever was pushed last.\nAllowed: a digest, or the tag of a version.\n' +
      'To do:   write a release or a digest in its argument taskSpec.containerSpec.image.',
  ]);
});

it('capabilities-dropped', () => {
  const container = { capDrops: undefined, capAdds: ['NET_ADMIN'] };
  expect(serviceMessages(capabilities, { container })).toEqual([
    'other drops no capability.\nAllowed: to drop ALL.\n' +
      'To do:   add ALL to taskSpec.containerSpec.capDrops where the service is made, and name what it needs in taskSpec.containerSpec.capAdds.',
    expect.stringMatching(/^other adds the capability NET_ADMIN\.\n/),
  ]);
});

describe('no-host-access', () => {
  it.each([
    { type: 'bind', source: '/var/run/docker.sock', target: '/x' },
    {
      type: 'volume',
      source: 'plain',
      target: '/x',
      volumeOptions: { driverOptions: { type: 'none', o: 'bind', device: '/var/run/docker.sock' } },
    },
  ])('refuses the socket, whatever brings it: $type', (mount) => {
    expect(serviceMessages(hostAccess, { container: { mounts: [mount] } })).toEqual([
      expect.stringMatching(/^other gets \/var\/run\/docker\.sock of the host, which gives it control/),
    ]);
  });

  it.each([{ id: 'host' }, { name: 'host' }])("refuses the host's network: %j", (network) => {
    expect(serviceMessages(hostAccess, { task: { networksAdvanceds: [network] } })).toEqual([
      'other has taskSpec.networksAdvanceds host.\nAllowed: a namespace of its own.\n' +
        'To do:   remove taskSpec.networksAdvanceds, and publish the port that is needed.',
    ]);
  });

  it('judges a service whose network is still to be made', () => {
    const preview = unknownCheckingProxy(
      service({
        container: { mounts: [{ type: 'bind', source: '/', target: '/x' }] },
        task: { networksAdvanceds: [{ id: unknownValue }] },
      }),
    );
    const resource = { name: 'a', project: 'p', stack: 's', section: undefined, protect: false };
    expect(hostAccess.check(ofService(preview), resource)).toHaveLength(1);
  });
});

it('healthcheck-present', () => {
  expect(serviceMessages(healthcheck, { container: { healthcheck: undefined } })).toEqual([
    'other has no health check.\n' +
      'Allowed: tests of CMD with a program, or of CMD-SHELL with a line for the shell.\n' +
      'To do:   add taskSpec.containerSpec.healthcheck.tests where the service is made, with a command that fails when the program does not answer.',
  ]);
  expect(serviceMessages(healthcheck, { container: { healthcheck: { tests: ['CMD', 'true'] } } })[0]).toContain(
    'set its argument taskSpec.containerSpec.healthcheck.retries.',
  );
  const once = { container: { healthcheck: undefined }, task: { restartPolicy: { condition: 'none' } } };
  expect(serviceMessages(healthcheck, once)).toEqual([]);
  expect(serviceMessages(healthcheck, { ...once, task: { restartPolicy: undefined } })).toHaveLength(1);
});

it('log-bounded', () => {
  expect(serviceMessages(log, { task: { logDriver: undefined } })).toEqual([
    "other logs with the engine's default driver.\n" +
      'Allowed: json-file or local, which bound what they write, or a driver that writes elsewhere.\n' +
      'To do:   set taskSpec.logDriver where the service is made.',
  ]);
  expect(serviceMessages(log, { task: { logDriver: { name: 'local' } } }).map((text) => text.split('\n')[2])).toEqual([
    'To do:   set its argument taskSpec.logDriver.options["max-size"].',
    'To do:   set its argument taskSpec.logDriver.options["max-file"].',
  ]);
});

it.each([undefined, {}, { limits: {} }, { limits: { memoryBytes: 0 } }])('memory-limited refuses %j', (resources) => {
  const [text = '', ...more] = serviceMessages(memory, { task: { resources } });
  expect(more).toEqual([]);
  expect(text).toContain('To do:   set its argument taskSpec.resources.limits.memoryBytes.');
});
