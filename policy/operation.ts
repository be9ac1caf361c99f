/** What keeps one server from taking its host down, and a dead one from looking alive. */

import { ROTATING_DRIVERS } from '../core/defaults.ts';
import { listed, place, type Rule, type Violation } from './rule.ts';
import type { Server } from './server.ts';

/**
 * Every server that is to stay says whether it works. A task that runs to its end needs no check: its exit code tells.
 *
 * Without a check a deployment counts as done when the process has started, though the program may fail in its first second.
 * Source: CIS Docker Benchmark, "Ensure that container health is checked at runtime".
 */
export const healthcheck: Rule<Server> = {
  name: 'healthcheck-present',
  description: 'A long-running server has a health check that can fail.',
  check(server, resource) {
    if (server.ends) return [];
    const { tests, retries } = server.healthcheck;
    const [form, ...command] = tests;
    if (!form || form === 'NONE' || command.every((word) => word.trim() === '')) {
      return [
        {
          found: form
            ? `has the health check ${listed([form, ...command])}, which checks nothing`
            : 'has no health check',
          allowed: 'tests of CMD with a program, or of CMD-SHELL with a line for the shell',
          fix: `add ${server.arguments.healthcheckTests} where the ${server.kind} is made, with a command that fails when the program does not answer`,
        },
      ];
    }
    if (retries !== undefined && retries >= 1) return [];
    return [
      {
        found: `has a health check with ${retries ?? 'no'} retries`,
        allowed: 'a whole number from 1',
        fix: `set ${place(resource, 'healthcheck.retries', server.arguments.healthcheckRetries)}`,
      },
    ];
  },
};

/**
 * Every server's log is rotated.
 *
 * Docker's default driver never does: a chatty server fills the disk, and with it goes everything else on the host.
 * Source: Docker's documentation, "Configure logging drivers".
 */
export const log: Rule<Server> = {
  name: 'log-bounded',
  description: 'The log of a server is limited in size and number of files.',
  check({ kind, arguments: argument, log: { driver, options } }, resource) {
    if (!driver) {
      return [
        {
          found: "logs with the engine's default driver",
          allowed: `${ROTATING_DRIVERS.join(' or ')}, which bound what they write, or a driver that writes elsewhere`,
          fix: `set ${argument.logDriver} where the ${kind} is made`,
        },
      ];
    }
    // Others send the log away, and keep no more of it here than a cache that is bounded.
    if (!ROTATING_DRIVERS.includes(driver)) return [];
    const { 'max-size': size, 'max-file': files } = options;
    const violations: Violation[] = [];
    if (!/^[1-9]\d*[kmg]?$/i.test(size ?? '')) {
      violations.push({
        found: `has a log with max-size ${size ?? 'unset'}`,
        allowed: 'a number with k, m or g, such as 10m',
        fix: `set ${place(resource, 'log.maxSize', argument.logSize)}`,
      });
    }
    if (!/^[1-9]\d*$/.test(files ?? '')) {
      violations.push({
        found: `has a log with max-file ${files ?? 'unset'}`,
        allowed: 'a whole number from 1',
        fix: `set ${place(resource, 'log.maxFiles', argument.logFiles)}`,
      });
    }
    return violations;
  },
};

/**
 * Every server has a memory limit.
 *
 * Without one, the kernel chooses what to end when a program leaks, and that may be the database or the engine.
 * Source: CIS Docker Benchmark, "Ensure that the memory usage for containers is limited".
 */
export const memory: Rule<Server> = {
  name: 'memory-limited',
  description: 'A server has a memory limit.',
  check({ arguments: argument, memory: limit }, resource) {
    if (limit !== undefined && limit > 0) return [];
    return [
      {
        found: limit === undefined ? 'has no memory limit' : `has the memory limit ${limit}`,
        allowed: 'more than 0',
        fix: `set ${place(resource, 'memory', argument.memory)}`,
      },
    ];
  },
};
