/** The node with the data of a stack: in the Swarm that the stack's manager commands, able to take tasks, and with free ports. */

import * as pulumi from '@pulumi/pulumi';
import { type Owner, ownerOf } from '../core/labels.ts';
import type { Docker } from '../docker/client.ts';
import type { EngineInfo } from '../docker/info.ts';
import { inspectNode, servicesAt } from '../docker/nodes.ts';
import type { Subject } from './origin.ts';

/** An error that says what is wrong, and each way out. */
export const refusal = (what: string, toDo: readonly string[]) =>
  new pulumi.RunError(`${what} Nothing was created or changed.\n${toDo.map((text) => `  to do: ${text}\n`).join('')}`);

const nameOf = ({ Name = 'The engine' }: EngineInfo) => Name;

/** What an engine says of its Swarm. */
const swarmOf = ({ Swarm }: EngineInfo) => {
  const { LocalNodeState: state = 'inactive', ControlAvailable: manages = false, Error: why } = Swarm ?? {};
  return { state, why, manages: state === 'active' && manages };
};

/**
 * Checks that an engine is in a Swarm, and that a manager commands that.
 *
 * @param managing the manager that the stack names, or the engine itself.
 * @param init whether the update may make a Swarm.
 * @returns whether there is a Swarm; false where the update may make it.
 * @throws pulumi.RunError with what is wrong and what to do.
 */
export function requireManager(
  engine: EngineInfo,
  managing: EngineInfo,
  init: boolean,
  { file, commands }: Pick<Subject, 'file' | 'commands'>,
): boolean {
  const [own, manager] = [swarmOf(engine), swarmOf(managing)];
  const apart = managing !== engine;
  if (own.state === 'active' && manager.manages) return true;
  if (own.state === 'active' && apart)
    throw refusal(
      `host.manager of ${file} leads to ${nameOf(managing)}, which ${manager.state === 'active' ? 'is a worker itself' : 'is not part of a Swarm'}.`,
      [`name a manager there: docker info on ${nameOf(engine)} lists their addresses`],
    );
  if (own.state === 'active')
    throw refusal(
      `platform is swarm, and ${nameOf(engine)} is a worker of its Swarm; only managers can create services.`,
      [
        `name a manager in host.manager of ${file}: the data is on ${nameOf(engine)} then`,
        `or name a manager in host of ${file}: the data is there then`,
      ],
    );
  if (own.state !== 'inactive')
    throw refusal(
      `platform is swarm, and the Swarm of ${nameOf(engine)} is ${own.state}${own.why ? `: ${own.why}` : ''}.`,
      ['docker info shows why; docker swarm unlock unlocks a locked one'],
    );
  if (init) return false;
  throw refusal(
    `platform is swarm, and ${nameOf(engine)} is not part of a Swarm.`,
    apart
      ? [`run there what docker swarm join-token worker on ${nameOf(managing)} prints`]
      : [
          `docker swarm init there, or platform: { kind: swarm, init: true } in ${file}, with which ${commands.up} does it`,
        ],
  );
}

/**
 * Checks that tasks can start on the node with the data.
 *
 * @returns its id.
 * @throws pulumi.RunError with what keeps them from it, and the command that ends that.
 */
export async function requireNode(docker: Docker, engine: EngineInfo, managing: EngineInfo): Promise<string> {
  const id = engine.Swarm?.NodeID ?? '';
  const name = nameOf(engine);
  const node = await inspectNode(docker, id);
  if (!node)
    throw refusal(
      `${name} and ${nameOf(managing)} are in different Swarms, or ${name} was removed from that of the manager.`,
      [
        `name a manager of the Swarm of ${name} in host.manager`,
        `or on ${name}: docker swarm leave, and then what docker swarm join-token worker on ${nameOf(managing)} prints`,
      ],
    );
  if (node.Status.State !== 'ready')
    throw refusal(`The node ${name}, which has the data, is ${node.Status.State} in the Swarm: no task starts on it.`, [
      'bring it back: docker node ls on a manager shows its state, docker info on the node why it cannot reach the managers',
    ]);
  const { Availability: availability } = node.Spec;
  if (availability !== 'active')
    throw refusal(
      `The node ${name}, which has the data, is set to ${availability}: no task starts on it, and without its data none starts anywhere else.`,
      [`docker node update --availability active ${id}, on a manager`],
    );
  return id;
}

/**
 * Checks that no other service has a port of the node with the data.
 *
 * @param ports of the node, by their settings.
 * @throws pulumi.RunError with each of them, and what to do.
 */
export async function requireServicePorts(
  docker: Docker,
  { node, ports, mine, owner }: { node: string; ports: Readonly<Record<string, number>>; mine: Owner; owner: string },
): Promise<void> {
  const wanted = Object.entries(ports);
  if (wanted.length === 0) return;
  const others = (await servicesAt(docker, node)).filter(({ Spec }) => {
    const found = ownerOf(Spec.Labels);
    return found?.project !== mine.project || found.stack !== mine.stack;
  });
  const taken = others.flatMap(({ Spec: { Name, EndpointSpec } }) =>
    (EndpointSpec?.Ports ?? []).flatMap(({ PublishedPort, TargetPort }) =>
      wanted
        .filter(([, port]) => port === PublishedPort)
        .map(
          ([setting, port]) =>
            `  ${port}: the service ${Name} publishes it\n    to do: choose another ${owner}:${setting}, or docker service update --publish-rm ${TargetPort} ${Name}\n`,
        ),
    ),
  );
  if (taken.length === 0) return;
  throw new pulumi.RunError(
    `Some ports of the stack ${mine.stack} are published by other services on the node with its data. Nothing was created or changed.\n${taken.join('')}`,
  );
}
