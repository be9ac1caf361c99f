/** A deployment in the state of a program that is not this project's own. */

import { COMPONENTS, CONTAINER, SERVICE } from '../../core/resourceTypes.ts';
import { deploymentsIn, hostOf, type Placed, partsOf } from '../../ops/component.ts';

const urn = (type: string, name: string) => `urn:pulumi:dev::shop::${type}::${name}`;
const deployment = (name: string): Placed => ({
  ...{ urn: urn(COMPONENTS.deployment, name), type: COMPONENTS.deployment },
  parent: urn('pulumi:pulumi:Stack', 'shop-dev'),
});
const part = (parent: Placed, name: string, provider?: string): Placed => ({
  ...{ urn: urn(CONTAINER, name), type: CONTAINER, parent: parent.urn },
  ...(provider && { provider: `${provider}::5f1c` }),
});
const [chat, help] = [deployment('chat'), deployment('help')];
const engine: Placed = {
  ...{ urn: urn('pulumi:providers:docker', 'help-engine'), type: 'pulumi:providers:docker' },
  inputs: { host: 'tcp://203.0.113.7:2376', certPath: '/certs' },
};
const local: Placed = {
  urn: urn('pulumi:providers:docker', 'chat-engine'),
  type: 'pulumi:providers:docker',
  inputs: {},
};
const web = part(chat, 'chat-webui-container', local.urn);
const other = part(help, 'help-webui-container', engine.urn);
const own: Placed = { ...part(chat, 'database'), parent: urn('pulumi:pulumi:Stack', 'shop-dev') };
const state = [engine, local, chat, web, part(web, 'below-it'), help, other, own];

it('is named, also where there are several', () => {
  expect(deploymentsIn(state)).toEqual(['chat', 'help']);
  expect(deploymentsIn([own])).toEqual([]);
});

it('has what stands below it, and nothing else of the program', () => {
  expect(partsOf(state, 'chat').map((one) => one.urn)).toEqual(state.slice(2, 5).map((one) => one.urn));
  expect(partsOf(state, 'shop')).toEqual([]);
});

it.each([
  ['chat', {}],
  ['help', { address: 'tcp://203.0.113.7:2376', certificates: '/certs' }],
])('%s is on the engine of its provider', (name, host) => {
  expect(hostOf(state, partsOf(state, name))).toEqual(host);
});

it('has the manager of its services beside the engine of its containers', () => {
  const service = (provider: Placed): Placed => ({ ...part(help, 'help-webui-service', provider.urn), type: SERVICE });
  const boss: Placed = { ...engine, urn: `${engine.urn}-manager`, inputs: { host: 'ssh://manager' } };
  const all = [...state, boss, service(boss)];
  expect(hostOf(all, partsOf(all, 'help'))).toMatchObject({ manager: { address: 'ssh://manager' } });
  const alone = [...state, service(engine)];
  expect(hostOf(alone, partsOf(alone, 'help'))).not.toHaveProperty('manager');
});
