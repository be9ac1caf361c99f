/** What runs the servers of a stack. */

import { z } from 'zod';
import { choice, described, flag } from './leaves.ts';

export const platform = described(
  z
    .enum(['docker', 'swarm'])
    .or(
      z.strictObject({
        kind: choice('Containers of one engine, or services of a Docker Swarm', 'docker', 'swarm'),
        init: flag(
          'Whether an update, but never a preview, initializes a single-node Swarm if the engine is not in a Swarm. Only with kind: swarm',
          false,
        ),
      }),
    )
    .default('docker'),
  'What runs the servers. docker: containers of one engine; swarm: services of a Docker Swarm, of which the engine or host.manager must be a manager, with webui.replicas web UIs. A change removes the servers of one kind and creates those of the other; the volumes stay (docs/scaling.md)',
  'docker, swarm, or { kind: swarm, init: true }',
  'write swarm, or leave it out for docker',
);
