/** The settings of the web UI's uploaded files. */

import { z } from 'zod';
import type { Names } from '../core/names.ts';
import { choice, described, group } from './leaves.ts';

/** As AWS has it for new buckets, and every other server takes it. */
const BUCKET = /^(?!.*\.\.)(?!\d+(\.\d+){3}$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const SEGMENT = /^(?!\.{1,2}$)[\w.!'()*-]+$/;

/** An address without what belongs elsewhere: user, query, anchor. */
function isEndpoint(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  return /^https?:$/.test(protocol) && hostname !== '' && `${username}${password}${search}${hash}` === '';
}

/** Without slashes at its end. */
const trimmed = (text: string): string => text.replace(/\/+$/, '');

/** Settings of where the web UI of a stack keeps uploaded files. */
export const storageSettings = (names: Names) =>
  group(
    {
      kind: choice(
        'Where the web UI keeps uploaded files. local: in its volume; s3: in a bucket. A change does not move files by itself, and is refused while there are any; a stack of this project has a command that moves them (docs/storage.md). It replaces the web UI container',
        'local',
        's3',
      ),
      bucket: described(
        z.string().regex(BUCKET).optional(),
        'Name of an existing bucket. A change replaces the web UI container',
        '3 to 63 lower-case letters, digits, "." and "-", beginning and ending with a letter or digit',
        'write only the name, such as "example-chat"; the server is named in storage.endpoint',
      ),
      endpoint: described(
        z.string().refine(isEndpoint).transform(trimmed).optional(),
        'Address of the S3 server, as the web UI container reaches it. Default: AWS. A change replaces the web UI container',
        'an http:// or https:// address without user, password, bucket and query',
        'write it as "https://s3.example.com"; keys have their own settings',
      ),
      region: described(
        z
          .string()
          .regex(/^[a-zA-Z0-9-]{1,64}$/)
          .optional(),
        'Region of the bucket. Default: us-east-1, which most servers other than AWS use. A change replaces the web UI container',
        'letters, digits and "-", such as eu-central-1',
        'write the region that the provider names',
      ),
      accessKey: described(
        z
          .string()
          .regex(/^[\x21-\x7e]{1,256}$/)
          .optional(),
        'Id of the access key. Default: the AWS role of the machine that runs the container. A change replaces the web UI container',
        'up to 256 letters, digits and signs, without spaces',
        'write the id of the access key, with storage.secretKey',
      ),
      secretKey: described(
        z
          .string()
          .regex(/^[\x21-\x7e]{1,1024}$/)
          .optional(),
        'Secret of the access key. Always encrypted. A change replaces the web UI container',
        'letters, digits and signs, encrypted',
        undefined,
        { secret: true },
      ),
      prefix: described(
        z
          .string()
          .max(512)
          .transform(trimmed)
          .refine((text) => text.split('/').every((segment) => SEGMENT.test(segment)))
          .default(names.webui),
        'Folder in the bucket, so that several deployments can share one. A change replaces the web UI container; earlier files stay where they are, and are still found',
        'letters, digits and the signs - _ . ! \' ( ) *, with "/" between folders',
        `write a folder such as "${names.webui}"`,
      ),
      addressing: choice(
        'How requests name the bucket. auto: path with an endpoint, virtual with AWS; path: in the path; virtual: in the host name. A change replaces the web UI container',
        'auto',
        'path',
        'virtual',
      ),
    },
    'Where the web UI keeps uploaded files',
  );
