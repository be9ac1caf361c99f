/** A bucket for uploaded files, tried as the web UI will use it: a wrong key would show at somebody's first upload. */

import { readFileSync } from 'node:fs';
import * as pulumi from '@pulumi/pulumi';
import { joinedBy } from '../core/attachments.ts';
import { isAws } from '../core/bucket.ts';
import { storageAt } from '../core/storage.ts';
import type { Docker } from '../docker/client.ts';
import { mountArgs } from '../docker/mountArgs.ts';
import type { Settings } from '../settings/parse.ts';
import { tryInside } from './trial.ts';

const PROGRAM = readFileSync(new URL('./bucket.py', import.meta.url), 'utf8');

/** What the program in the container has found. */
export interface Seen {
  step: 'connect' | 'write' | 'read' | 'same' | 'delete' | null;
  code?: string | null;
  text?: string | null;
}

/** What the client reads besides its arguments: keys and certificates of AWS' kinds, proxies. */
const READ = /^(AWS_\w+|(https?|no|all)_proxy|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE)$/i;

const DOING = { connect: '', write: 'write an object', read: 'read an object', delete: 'delete an object' } as const;

type Given = Pick<Settings['storage'], 'accessKey' | 'endpoint' | 'region'> & { bucket: string };

/** What is wrong with a bucket, and what to do; undefined when the web UI can use it. */
export function faultOf(
  { step, code, text }: Seen,
  { bucket, endpoint, region, accessKey }: Given,
): { what: string; toDo: string } | undefined {
  if (step === null) return undefined;
  const server = endpoint ?? 'AWS';
  if (step === 'same') {
    return {
      what: `${server} returns content other than what was written`,
      toDo: 'check what is in front of the server',
    };
  }
  switch (code) {
    case 'NoCredentialsError':
    case 'PartialCredentialsError':
      return {
        what: 'there are no keys, and AWS grants none to this machine',
        toDo: 'set storage.accessKey and storage.secretKey, or give the machine a role',
      };
    case 'InvalidAccessKeyId':
    // Versity's word for it.
    case 'XAdminUserNotFound':
      return { what: `${server} does not know storage.accessKey`, toDo: 'correct storage.accessKey' };
    case 'SignatureDoesNotMatch':
      return {
        what: `storage.secretKey is not the secret of storage.accessKey, says ${server}`,
        toDo: 'set storage.secretKey again, encrypted',
      };
    case 'NoSuchBucket':
      return {
        what: `${server} has no bucket ${bucket}`,
        toDo: 'create it with the tools of its server, or correct storage.bucket',
      };
    case 'AccessDenied':
    case '403':
      return {
        what: `${accessKey === undefined ? 'the role of the machine' : 'storage.accessKey'} may not ${DOING[step]} in the bucket ${bucket}`,
        toDo: 'allow s3:PutObject, s3:GetObject, s3:DeleteObject and s3:ListBucket there',
      };
    case 'RequestTimeTooSkewed':
      return { what: `the clocks of ${server} and of this engine differ`, toDo: 'set the clock of the engine' };
    case 'AuthorizationHeaderMalformed':
    case 'PermanentRedirect':
    case 'IllegalLocationConstraintException':
      return {
        what: `the bucket ${bucket} is in another region than ${region ?? 'us-east-1'}: ${text}`,
        toDo: 'correct storage.region',
      };
  }
  if (step === 'connect') {
    return {
      what: `${server} does not answer: ${text}`,
      toDo: 'correct storage.endpoint, or check the connection from the container to it (DNS, firewall, certificate)',
    };
  }
  return {
    what: `the web UI could not ${DOING[step]} in the bucket ${bucket}: ${code} ${text}`,
    toDo: `check the server's log, or try storage.addressing: path${isAws(endpoint) ? '' : ' and storage.region'}`,
  };
}

/**
 * Refuses a bucket that the web UI could not use: from a container of its image, on its networks as far as they exist, an object is written,
 * read and deleted. A preview only lists, and a list that is not allowed there says nothing.
 *
 * @throws pulumi.RunError with what is wrong and what to do. No key is repeated.
 */
export async function requireBucket(docker: Docker, settings: Settings): Promise<void> {
  const { storage, webui } = settings;
  const { kind, bucket, endpoint, region, accessKey, secretKey, prefix, addressing } = storage;
  if (kind !== 's3' || bucket === undefined) return;
  const look = pulumi.runtime.isDryRun();
  const variables = Object.entries({ ...webui.env, ...webui.secretEnv });
  const asked = {
    ...{ look, bucket, prefix, addressing },
    environment: Object.fromEntries(variables.filter(([name]) => READ.test(name))),
    client: {
      ...(endpoint !== undefined && { endpoint_url: endpoint }),
      ...(region !== undefined && { region_name: region }),
      ...(accessKey !== undefined && { aws_access_key_id: accessKey, aws_secret_access_key: secretKey }),
    },
  };
  const tried = await tryInside<Seen>(
    docker,
    {
      image: webui.image,
      networks: joinedBy('webui', settings).map((joined) => joined.network),
      args: [
        ...webui.mounts.flatMap(({ folder, volume, target }) =>
          mountArgs(storageAt(folder ?? volume ?? ''), target, { readOnly: true }),
        ),
        ...Object.entries(webui.extraHosts ?? {}).flatMap(([name, address]) => ['--add-host', `${name}:${address}`]),
      ],
    },
    PROGRAM,
    JSON.stringify(asked),
  );
  if (tried === undefined) return;
  const seen: Seen = 'seen' in tried ? tried.seen : { step: 'connect', code: null, text: tried.failure };
  if (look && ['AccessDenied', '403'].includes(seen.code ?? '')) return;
  const fault = faultOf(seen, { bucket, endpoint, region, accessKey });
  if (fault === undefined) return;
  throw new pulumi.RunError(
    `The bucket of storage.bucket cannot be used. Nothing was created or changed.\n  ${fault.what}\n    to do: ${fault.toDo}\n`,
  );
}
