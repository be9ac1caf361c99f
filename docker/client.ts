/** The docker command: the one way to an engine for all that Pulumi's provider can neither read nor set. */

import type { ChildProcessWithoutNullStreams, SpawnOptions } from 'node:child_process';
import { type Endpoint, endpointEnvironment } from '../core/endpoint.ts';
import { RemoteError } from '../core/errors.mjs';
import { attached, type CaptureOptions, capture, type Outcome, start } from '../system/exec.mjs';
import { managedBy } from './managed.ts';

/** Commands to one engine. Nothing of this process changes: each command gets an environment of its own. */
export interface Docker {
  readonly endpoint: Endpoint;
  /** The manager that commands the Swarm of the engine, where that is a worker. Commands that take a manager go there by themselves. */
  readonly manager?: Docker | undefined;
  /** Runs a command to its end, whatever its exit code is. */
  capture(args: readonly string[], options?: CaptureOptions): Promise<Outcome>;
  /**
   * What a command prints.
   *
   * @throws RemoteError that says why in one line: there is no docker command, no engine answers, or what the engine says.
   */
  run(args: readonly string[], options?: CaptureOptions): Promise<string>;
  /** Runs a command on this terminal; returns its exit code. */
  attached(args: readonly string[]): Promise<number>;
  /** Starts a command with pipes to it. */
  start(args: readonly string[], options?: SpawnOptions): ChildProcessWithoutNullStreams;
}

/**
 * Commands to the engine at an endpoint.
 *
 * @param env what else the commands find in their environment; by default that of this process.
 */
export function connect(endpoint: Endpoint, env: NodeJS.ProcessEnv = process.env): Docker {
  const place = { env: endpointEnvironment(endpoint, env) };
  const engine: Docker = {
    endpoint,
    capture: (args, options) => capture('docker', args, { ...place, ...options }),
    async run(args, options) {
      const { code, stdout, stderr, timedOut } = await capture('docker', args, { ...place, ...options });
      if (code === 0) return stdout;
      if (timedOut) throw new RemoteError(`the engine did not answer within ${(options?.timeout ?? 0) / 1000} s`);
      const why = (stderr.trim() || stdout.trim()).split('\n').at(-1);
      throw new RemoteError(`docker ${args[0]}: ${why || `ended with ${code}`}`);
    },
    attached: (args) => attached('docker', args, place),
    start: (args, options) =>
      start('docker', args, {
        ...place,
        stdio: ['pipe', 'pipe', 'pipe'],
        ...options,
      }) as unknown as ChildProcessWithoutNullStreams,
  };
  return endpoint.manager ? managedBy(connect(endpoint.manager, env), engine) : engine;
}
