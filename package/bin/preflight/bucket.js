import { readFileSync } from 'node:fs';
import * as pulumi from '@pulumi/pulumi';
import { joinedBy } from '../core/attachments.js';
import { isAws } from '../core/bucket.js';
import { storageAt } from '../core/storage.js';
import { mountArgs } from '../docker/mountArgs.js';
import { tryInside } from './trial.js';
const PROGRAM = readFileSync(new URL('./bucket.py', import.meta.url), 'utf8');
const READ = /^(AWS_\w+|(https?|no|all)_proxy|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE)$/i;
const DOING = { connect: '', write: 'write an object', read: 'read an object', delete: 'delete an object' };
export function faultOf({ step, code, text }, { bucket, endpoint, region, accessKey }) {
    if (step === null)
        return undefined;
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
export async function requireBucket(docker, settings) {
    const { storage, webui } = settings;
    const { kind, bucket, endpoint, region, accessKey, secretKey, prefix, addressing } = storage;
    if (kind !== 's3' || bucket === undefined)
        return;
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
    const tried = await tryInside(docker, {
        image: webui.image,
        networks: joinedBy('webui', settings).map((joined) => joined.network),
        args: [
            ...webui.mounts.flatMap(({ folder, volume, target }) => mountArgs(storageAt(folder ?? volume ?? ''), target, { readOnly: true })),
            ...Object.entries(webui.extraHosts ?? {}).flatMap(([name, address]) => ['--add-host', `${name}:${address}`]),
        ],
    }, PROGRAM, JSON.stringify(asked));
    if (tried === undefined)
        return;
    const seen = 'seen' in tried ? tried.seen : { step: 'connect', code: null, text: tried.failure };
    if (look && ['AccessDenied', '403'].includes(seen.code ?? ''))
        return;
    const fault = faultOf(seen, { bucket, endpoint, region, accessKey });
    if (fault === undefined)
        return;
    throw new pulumi.RunError(`The bucket of storage.bucket cannot be used. Nothing was created or changed.\n  ${fault.what}\n    to do: ${fault.toDo}\n`);
}
