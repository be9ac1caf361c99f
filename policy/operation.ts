/** What keeps one container from taking its host down, and a dead one from looking alive. */

import { type Container, listed, place, type Rule } from './rule.ts';

/** A task that runs to its end: there is no later at which to ask how it is. */
const ends = ({ mustRun, restart }: Container) => mustRun === false && (restart ?? 'no') === 'no';

/**
 * Every container that is to stay says whether it works.
 *
 * Without a check a deployment counts as done when the process has started, though the program may fail in its first second.
 * Source: CIS Docker Benchmark, "Ensure that container health is checked at runtime".
 */
export const healthcheck: Rule<Container> = {
  name: 'healthcheck-present',
  description: 'A container that is to stay has a health check that can fail.',
  check(container, resource) {
    if (ends(container)) return [];
    const { healthcheck: given } = container;
    const [form, ...command] = given?.tests ?? [];
    if (!form || form === 'NONE' || command.every((word) => word.trim() === '')) {
      return [
        {
          found: form
            ? `has the health check ${listed([form, ...command])}, which checks nothing`
            : 'has no health check',
          allowed: 'tests of CMD with a program, or of CMD-SHELL with a line for the shell',
          fix: 'add healthcheck.tests where the container is made, with a command that fails when the program does not answer',
        },
      ];
    }
    if (given?.retries !== undefined && given.retries >= 1) return [];
    return [
      {
        found: `has a health check with ${given?.retries ?? 'no'} retries`,
        allowed: 'a whole number from 1',
        fix: `set ${place(resource, 'healthcheck.retries', 'healthcheck.retries')}`,
      },
    ];
  },
};

/**
 * Every container's log is rotated.
 *
 * Docker's default driver never does: a chatty container fills the disk, and with it goes everything else on the host.
 * Source: Docker's documentation, "Configure logging drivers".
 */
export const log: Rule<Container> = {
  name: 'log-bounded',
  description: 'The log of a container has a largest size and number of files.',
  check({ logDriver, logOpts }, resource) {
    if (logDriver !== 'json-file' && logDriver !== 'local') {
      return [
        {
          found: `logs with ${logDriver ? `the driver ${logDriver}` : "the engine's default driver"}`,
          allowed: 'json-file or local, which bound what they write',
          fix: 'set logDriver where the container is made',
        },
      ];
    }
    const { 'max-size': size, 'max-file': files } = logOpts ?? {};
    const violations = [];
    if (!/^[1-9]\d*[kmg]?$/i.test(size ?? '')) {
      violations.push({
        found: `has a log with max-size ${size ?? 'unset'}`,
        allowed: 'a number with k, m or g, such as 10m',
        fix: `set ${place(resource, 'log.maxSize', 'logOpts["max-size"]')}`,
      });
    }
    if (!/^[1-9]\d*$/.test(files ?? '')) {
      violations.push({
        found: `has a log with max-file ${files ?? 'unset'}`,
        allowed: 'a whole number from 1',
        fix: `set ${place(resource, 'log.maxFiles', 'logOpts["max-file"]')}`,
      });
    }
    return violations;
  },
};

/**
 * Every container has a memory limit.
 *
 * Without one, the kernel chooses what to end when a program leaks, and that may be the database or the engine.
 * Source: CIS Docker Benchmark, "Ensure that the memory usage for containers is limited".
 */
export const memory: Rule<Container> = {
  name: 'memory-limited',
  description: 'A container has a memory limit.',
  check({ memory: limit }, resource) {
    if (limit !== undefined && limit > 0) return [];
    return [
      {
        found: limit === undefined ? 'has no memory limit' : `has the memory limit ${limit}`,
        allowed: 'more than 0',
        fix: `set ${place(resource, 'memory', 'memory')}`,
      },
    ];
  },
};
