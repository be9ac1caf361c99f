/** What keeps a program that was taken over inside its container. */

import { posix } from 'node:path';
import { type Container, listed, type Rule, type Violation } from './rule.ts';

/** Capabilities that a container may have, each with what needs it. */
const ADDABLE: Readonly<Record<string, string>> = {
  SETGID: 'an entrypoint that starts as root and becomes another user',
  SETUID: 'likewise',
  DAC_OVERRIDE: 'such an entrypoint in a data folder that belongs to that user already',
  CHOWN: 'such an entrypoint that gives a new data folder to that user',
  KILL: 'a health check that starts as root and ends a hung program of that user',
};

/** A capability's one name for the several spellings that Docker takes. */
const bare = (capability: string) => capability.toUpperCase().replace(/^CAP_/, '');

/**
 * Every container drops all capabilities and gets back only those that an entrypoint needs to become an ordinary user, or a
 * check to end it.
 *
 * Docker gives fourteen by default, among them raw sockets and making device nodes; none of the programs here uses more than four.
 * Source: CIS Docker Benchmark, "Ensure that Linux kernel capabilities are restricted within containers".
 */
export const capabilities: Rule<Container> = {
  name: 'capabilities-dropped',
  description: 'A container drops all capabilities and adds only what its entrypoint or check needs.',
  check({ capabilities: given }) {
    const drops = given?.drops ?? [];
    const refused = (given?.adds ?? []).filter((name) => !Object.hasOwn(ADDABLE, bare(name)));
    const violations: Violation[] = [];
    if (!drops.some((name) => bare(name) === 'ALL')) {
      violations.push({
        found: `drops ${listed(drops, 'no capability')}`,
        allowed: 'to drop ALL',
        fix: 'add ALL to capabilities.drops where the container is made, and name what it needs in capabilities.adds',
      });
    }
    if (refused.length > 0) {
      violations.push({
        found: `adds the capability ${listed(refused)}`,
        allowed: listed(Object.keys(ADDABLE)),
        fix: 'remove it, or add it to the list in policy/isolation.ts with the reason',
      });
    }
    return violations;
  },
};

const SOCKETS = ['/var/run/docker.sock', '/run/docker.sock'];

/** Whether a path of the host is a container engine's socket or a folder that holds Docker's. */
function reachesEngine(path: string): boolean {
  const plain = posix.normalize(path).replace(/\/$/, '');
  if (/(^|\/)((docker|containerd|podman)\.sock|docker_engine)$/.test(plain)) return true;
  return path.startsWith('/') && SOCKETS.some((socket) => socket.startsWith(`${plain}/`));
}

/**
 * No container is privileged, sees the engine's socket, or shares the host's network, processes or memory segments.
 *
 * Each of these makes whoever takes over the program root on the host, or lets it listen to what other programs say to each other.
 * Source: CIS Docker Benchmark, "Ensure that privileged containers are not used", "Ensure that the Docker socket is not mounted
 * inside any containers", and those on the host's network, process and IPC namespaces.
 */
export const hostAccess: Rule<Container> = {
  name: 'no-host-access',
  description: "A container has none of the host's rights: not privileged, no engine socket, no host namespace.",
  check(container) {
    const violations: Violation[] = [];
    if (container.privileged) {
      violations.push({
        found: 'is privileged',
        allowed: 'containers without the rights of the host',
        fix: 'remove privileged, and name the capability that is missed in capabilities.adds',
      });
    }
    const paths = [
      // Docker takes a path for the name of a volume as well.
      ...(container.volumes ?? []).flatMap(({ hostPath, volumeName }) => [hostPath, volumeName]),
      ...(container.mounts ?? []).map(({ source }) => source),
      ...(container.uploads ?? []).map(({ source }) => source),
    ];
    for (const path of paths) {
      if (!path || !reachesEngine(path)) continue;
      violations.push({
        found: `gets ${path} of the host, through which it commands the container engine`,
        allowed: 'volumes, and folders of the host without the socket of an engine',
        fix: 'remove it; what has to command the engine runs outside of containers',
      });
    }
    for (const mode of ['networkMode', 'pidMode', 'ipcMode'] as const) {
      if (container[mode] !== 'host') continue;
      violations.push({
        found: `has ${mode} host`,
        allowed: 'a namespace of its own',
        fix: mode === 'networkMode' ? 'remove networkMode, and publish the port that is needed' : `remove ${mode}`,
      });
    }
    return violations;
  },
};
