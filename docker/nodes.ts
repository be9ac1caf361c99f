/** Nodes of a Swarm, as its managers know them. */

import { RemoteError } from '../core/errors.mjs';
import type { Docker } from './client.ts';
import { inspectServices, type Service } from './services.ts';

/** What `docker node inspect` says, as far as it is read. */
export interface Node {
  ID: string;
  Description: { Hostname: string; Resources?: { NanoCPUs: number; MemoryBytes: number } };
  Spec: {
    /** `active`, or `pause` or `drain`: then no task starts on it. */
    Availability: string;
    /** `manager` or `worker`. */
    Role?: string;
  };
  Status: {
    /** `ready`, or that it does not answer. */
    State: string;
  };
}

/** An engine that has not answered by then is not waited for, in milliseconds. */
const TIMEOUT = 20_000;

/**
 * A node by its id; undefined if the Swarm has none of that id.
 *
 * @throws RemoteError when the manager does not answer.
 */
export async function inspectNode(docker: Docker, id: string): Promise<Node | undefined> {
  const { code, stdout, stderr } = await docker.capture(['node', 'inspect', id], { timeout: TIMEOUT });
  if (code !== 0 && !/no such|not found/i.test(stderr)) throw new RemoteError(`docker node inspect: ${stderr.trim()}`);
  return (JSON.parse(stdout || '[]') as Node[])[0];
}

/** All nodes. @throws RemoteError when the manager does not answer. */
export async function listNodes(docker: Docker): Promise<Node[]> {
  const ids = (await docker.run(['node', 'ls', '--quiet'], { timeout: TIMEOUT })).split('\n').filter(Boolean);
  return ids.length === 0 ? [] : JSON.parse(await docker.run(['node', 'inspect', ...ids], { timeout: TIMEOUT }));
}

/** Services that publish a port of a node: at every node, or where one of their tasks runs on it. */
export async function servicesAt(docker: Docker, node: string): Promise<Service[]> {
  const ids = (await docker.run(['service', 'ls', '--quiet'], { timeout: TIMEOUT })).split('\n').filter(Boolean);
  const all = (await inspectServices(docker, ids)).filter(({ Spec }) => Spec.EndpointSpec?.Ports?.length);
  const filters = ['--filter', `node=${node}`, '--filter', 'desired-state=running', '--quiet'];
  const here = await Promise.all(
    all.map(async ({ ID, Spec }) => {
      if (Spec.EndpointSpec?.Ports?.some(({ PublishMode }) => PublishMode !== 'host')) return true;
      return (await docker.run(['service', 'ps', ...filters, ID], { timeout: TIMEOUT })).trim() !== '';
    }),
  );
  return all.filter((_, index) => here[index]);
}
