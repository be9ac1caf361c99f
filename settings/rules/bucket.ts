/** What does not go together with a bucket for uploaded files. */

import { BUCKET_VARIABLES, isAws } from '../../core/bucket.ts';
import { HOST_ALIAS } from '../../core/webui.ts';
import type { Problem } from '../problems.ts';
import { isKept, type Rule } from '../rule.ts';

const variables: Rule = ({ storage, webui: { env } }) =>
  storage.kind === 'local'
    ? []
    : Object.entries(BUCKET_VARIABLES).flatMap(([name, setting]): Problem[] =>
        env[name] === undefined
          ? []
          : [
              {
                path: ['webui', 'env', name],
                reason: `storage.kind is s3, and storage.${setting} sets it`,
                allowed: 'nothing: leave it to the deployment',
                fix: `remove it and set storage.${setting}`,
                confidential: true,
              },
            ],
      );

/** Settings that say nothing without a bucket. */
const alone: Rule = ({ storage: { kind } }, { given }) => {
  const { storage } = given;
  if (kind !== 'local' || typeof storage !== 'object' || storage === null) return [];
  return Object.keys(storage).flatMap((key): Problem[] =>
    key !== 'kind' && Object.values<string>(BUCKET_VARIABLES).includes(key)
      ? [
          {
            path: ['storage', key],
            reason: 'storage.kind is local',
            allowed: 'absent, or storage.kind: s3',
            fix: 'set storage.kind to s3, or remove it',
            confidential: true,
          },
        ]
      : [],
  );
};

const bucket: Rule = ({ storage: { kind, bucket } }) =>
  kind === 'local' || bucket !== undefined
    ? []
    : [
        {
          path: ['storage', 'bucket'],
          reason: 'storage.kind is s3',
          allowed: 'the name of a bucket that exists',
          fix: 'set it, or remove storage.kind',
        },
      ];

const clear: Rule = ({ storage: { secretKey } }, circumstances) =>
  secretKey === undefined || isKept(circumstances, ['storage', 'secretKey'])
    ? []
    : [
        {
          path: ['storage', 'secretKey'],
          reason: `in plain text it would show in ${circumstances.origin.shows}, and anyone who knows it can read all files`,
          allowed: circumstances.origin.kept,
          fix: circumstances.origin.secret('storage.secretKey'),
          confidential: true,
        },
      ];

/** Variables from which the S3 client takes keys by itself. */
const KEYS = ['AWS_ACCESS_KEY_ID', 'AWS_PROFILE', 'AWS_WEB_IDENTITY_TOKEN_FILE', 'AWS_CONTAINER_CREDENTIALS_FULL_URI'];

const missing = (key: 'accessKey' | 'secretKey', reason: string, fix: string): Problem => ({
  path: ['storage', key],
  reason,
  allowed: 'both storage.accessKey and storage.secretKey',
  fix,
});

const keys: Rule = ({ storage: { kind, endpoint, accessKey, secretKey }, webui: { env } }, { origin }) => {
  if (kind === 'local') return [];
  if (accessKey !== undefined && secretKey === undefined)
    return [
      missing('secretKey', 'storage.accessKey is set', origin.secret('storage.secretKey').replace(/^.* and /, '')),
    ];
  if (secretKey !== undefined && accessKey === undefined)
    return [missing('accessKey', 'storage.secretKey is set', 'set it')];
  if (accessKey !== undefined || isAws(endpoint) || KEYS.some((name) => env[name] !== undefined)) return [];
  return [missing('accessKey', 'only AWS grants keys to its machines, and storage.endpoint is not AWS', 'set both')];
};

/** What stands for the container itself: no S3 server is in there. */
const ITSELF = /^(localhost|127(\.\d+){3}|\[::1\]|0\.0\.0\.0)$/i;

const endpoint: Rule = ({ storage: { kind, endpoint, bucket } }) => {
  if (kind === 'local' || endpoint === undefined) return [];
  const { hostname, pathname } = new URL(endpoint);
  const path = ['storage', 'endpoint'];
  if (ITSELF.test(hostname)) {
    return [
      {
        path,
        reason: 'inside the container that is the web UI itself, not the Docker host',
        allowed: `an address that the container can reach; the Docker host is ${HOST_ALIAS}`,
        instead: endpoint.replace(hostname, HOST_ALIAS),
        fix: `write ${HOST_ALIAS} instead of ${hostname}`,
      },
    ];
  }
  if (bucket === undefined || !(hostname.startsWith(`${bucket}.`) || pathname.split('/').includes(bucket))) return [];
  const plain = endpoint.replace(`//${bucket}.`, '//').replace(`/${bucket}`, '');
  return [
    {
      path,
      reason: 'it contains the bucket, which would then be requested twice',
      allowed: 'the address of the server only',
      instead: plain,
      fix: 'remove the bucket from it',
    },
  ];
};

export const bucketRules: readonly Rule[] = [variables, alone, bucket, clear, keys, endpoint];
