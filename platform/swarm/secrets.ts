/** Secret files as Swarm secrets, which reach a task in memory and are not shown by any inspect command. */

import { createHash } from 'node:crypto';
import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { providerLabels } from '../docker/networks.ts';
import type { Workload } from '../workload.ts';

/** Swarm takes names of 64 characters. */
const LONGEST = 64;

/**
 * A name that follows from the content: Swarm changes no secret, so another content is another secret, and the service goes over to it before the
 * old one is removed.
 */
export function secretName(server: string, content: string): string {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 16);
  return `${server.slice(0, LONGEST - hash.length - 1)}-${hash}`;
}

/** Registers the secrets of a workload; returns them as its service names them. */
export const secretsOf = (
  name: string,
  { name: server, secretFiles = [], user = { user: '0', group: '0' } }: Workload,
  opts: pulumi.CustomResourceOptions,
) =>
  secretFiles.map(({ path, content }, index) => {
    const secret = new docker.Secret(
      `${name}-secret${index === 0 ? '' : `-${index}`}`,
      {
        // Each file holds long random passwords, so its hash reveals nothing.
        name: pulumi.unsecret(content.apply((text) => secretName(server, text))),
        data: pulumi.secret(content.apply((text) => Buffer.from(text).toString('base64'))),
        labels: providerLabels(),
      },
      // A service that has one keeps it from being removed. A new state of the labels is no new content.
      pulumi.mergeOptions(opts, { deleteBeforeReplace: false, ignoreChanges: ['labels'] }),
    );
    return {
      ...{ secretId: secret.id, secretName: secret.name, fileName: path },
      ...{ fileUid: user.user, fileGid: user.group, fileMode: 0o400 },
    };
  });
