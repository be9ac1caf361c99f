/** Every stack file of the repository, deployed; and two environments on one engine, which have nothing in common. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root } from '../support/checkout.ts';
import { Deployment } from '../support/deployment.ts';
import { docker, objectsOf } from '../support/docker.ts';
import { addModel, ask } from '../support/people.ts';

jest.setTimeout(600_000);

const stacks = readdirSync(root).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);

/** What a test has in the place of what stands in a stack file. */
const REPLACED = ['name', 'volume', 'image', 'publish'];

/** What is left of a stack file in a test. */
function restOf(stack: string): string {
  const { config } = parse(readFileSync(join(root, `Pulumi.${stack}.yaml`), 'utf8'));
  const isNothing = (value: unknown) => value instanceof Object && Object.keys(value).length === 0;
  const rest = JSON.parse(JSON.stringify(config), (key, value) =>
    REPLACED.includes(key) || isNothing(value) ? undefined : value,
  );
  return JSON.stringify(rest ?? {});
}

const deployed = new Map<string, Deployment>();

afterAll(async () => {
  for (const one of deployed.values()) await one.remove();
});

async function deploy(stack: string): Promise<Deployment> {
  const made = await Deployment.create(stack);
  deployed.set(stack, made);
  made.takeFrom(stack);
  await made.up();
  return made;
}

async function works(one: Deployment): Promise<void> {
  expect(await one.failedChecks()).toEqual([]);
}

const together = ['dev', 'prod'];
const seen = new Set(together.map(restOf));
/** Of files with the same rest one is deployed. */
const others = stacks.filter((stack) => {
  const rest = restOf(stack);
  const isNew = !seen.has(rest);
  seen.add(rest);
  return isNew;
});

describe('two environments on one engine', () => {
  it('come up at the same time', async () => {
    await Promise.all(together.map(deploy));
    for (const stack of together) await works(deployed.get(stack) as Deployment);
  });

  it('share no name, no volume, no network and no password', async () => {
    const belongings = await Promise.all(
      together.map(async (stack) => {
        const one = deployed.get(stack) as Deployment;
        return [...Object.values(await objectsOf(one.stack)).flat(), ...(await one.secrets())];
      }),
    );
    const [first = [], second = []] = belongings;
    expect(first.length).toBeGreaterThan(4);
    // Counted, as a failing test must not show what is secret.
    expect(first.filter((name) => second.includes(name)).length).toBe(0);
  });

  it('get none of the events of the other', async () => {
    const [here, there] = await Promise.all(
      together.map(async (stack) => {
        const one = deployed.get(stack) as Deployment;
        const session = await one.administrator();
        await addModel(session);
        return { session, one };
      }),
    );
    if (!here || !there) throw new Error('two were deployed');
    const bystander = await there.session.connect();
    const heard = new Set<string>();
    bystander.on('events', (event: { chat_id: string }) => heard.add(event.chat_id));
    expect((await ask(here.session)).length).toBeGreaterThan(1);
    // Its own answer comes last: what the other one has caused would have arrived before it.
    expect((await ask(there.session)).length).toBeGreaterThan(1);
    const own = (await there.session.request('GET', '/api/v1/chats/list')) as { id: string }[];
    expect([...heard]).toEqual(own.map(({ id }) => id));
    bystander.close();
  });

  it('lets one go without touching the other', async () => {
    const [gone, stays] = together.map((stack) => deployed.get(stack) as Deployment);
    if (!gone || !stays) throw new Error('two were deployed');
    const before = await docker('inspect', '--format', '{{.Id}} {{.State.StartedAt}}', stays.valkey, stays.webui);
    await gone.destroy();
    expect((await objectsOf(gone.stack)).containers).toEqual([]);
    expect(await docker('inspect', '--format', '{{.Id}} {{.State.StartedAt}}', stays.valkey, stays.webui)).toBe(before);
    await works(stays);
  });
});

it.each(others)('%s comes up and works', async (stack) => {
  const one = await deploy(stack);
  await works(one);
  await one.remove();
  deployed.delete(stack);
});
