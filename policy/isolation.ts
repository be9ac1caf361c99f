/** What keeps a program that was taken over inside its container. */

import { reachesEngine, reachesKernel } from '../core/hostPaths.ts';
import { listed, type Rule, type Violation } from './rule.ts';
import type { Server } from './server.ts';

/** Capabilities that a server may have, each with what needs it. */
const ADDABLE: Readonly<Record<string, string>> = {
  SETGID: 'an entrypoint that starts as root and becomes another user',
  SETUID: 'likewise',
  DAC_OVERRIDE: 'such an entrypoint in a data folder that belongs to that user already',
  CHOWN: 'such an entrypoint that gives a new data folder to that user',
  KILL: 'a health check that starts as root and ends a hung program of that user',
  NET_BIND_SERVICE: "the program in Caddy's image, which has this right itself and does not start where it is taken",
};

/** A capability's one name for the several spellings that Docker takes. */
const bare = (capability: string) => capability.toUpperCase().replace(/^CAP_/, '');

/**
 * Every server drops all capabilities and gets back only those that an entrypoint needs to become an ordinary user, or a
 * check to end it.
 *
 * Docker gives fourteen by default, among them raw sockets and making device nodes; none of the programs here uses more than four.
 * Source: CIS Docker Benchmark, "Ensure that Linux kernel capabilities are restricted within containers".
 */
export const capabilities: Rule<Server> = {
  name: 'capabilities-dropped',
  description: 'A server drops all capabilities and adds only what its entrypoint or check needs.',
  check({ kind, arguments: argument, capabilities: { add, drop } }) {
    const refused = add.filter((name) => !Object.hasOwn(ADDABLE, bare(name)));
    const violations: Violation[] = [];
    if (!drop.some((name) => bare(name) === 'ALL')) {
      violations.push({
        found: `drops ${listed(drop, 'no capability')}`,
        allowed: 'to drop ALL',
        fix: `add ALL to ${argument.capabilitiesToDrop} where the ${kind} is made, and name what it needs in ${argument.capabilitiesToAdd}`,
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

/**
 * No server is privileged, sees the engine's socket or the kernel's files, or shares the host's network, processes or memory segments.
 *
 * With each of these, an attacker in the container becomes root on the host, or listens to what other programs say to each other.
 * Source: CIS Docker Benchmark, "Ensure that privileged containers are not used", "Ensure that the Docker socket is not mounted
 * inside any containers", "Ensure sensitive host system directories are not mounted on containers", and those on the host's network, process and IPC namespaces.
 */
export const hostAccess: Rule<Server> = {
  name: 'no-host-access',
  description: 'A server has no rights on the host: not privileged, no engine socket, no host namespace.',
  check(server) {
    const violations: Violation[] = [];
    if (server.privileged) {
      violations.push({
        found: 'is privileged',
        allowed: 'containers without rights on the host',
        fix: `remove privileged, and add the capability that is missing to ${server.arguments.capabilitiesToAdd}`,
      });
    }
    for (const path of server.sources.filter(reachesEngine)) {
      violations.push({
        found: `gets ${path} of the host, which gives it control of the container engine`,
        allowed: 'volumes, and folders of the host without the socket of an engine',
        fix: 'remove it; run programs that control the engine outside containers',
      });
    }
    for (const path of server.sources.filter((one) => reachesKernel(one) && !reachesEngine(one))) {
      violations.push({
        found: `gets ${path} of the host, which belongs to the kernel`,
        allowed: 'volumes, and folders of the host other than /proc, /sys and /dev',
        fix: 'remove it',
      });
    }
    for (const mode of server.hostNamespaces) {
      violations.push({
        found: `has ${mode} host`,
        allowed: 'a namespace of its own',
        fix: /^network|networks/.test(mode) ? `remove ${mode}, and publish the port that is needed` : `remove ${mode}`,
      });
    }
    return violations;
  },
};
