import * as pulumi from '@pulumi/pulumi';
export function bucketOf({ kind = 'local', bucket, prefix = '', secretKey, ...rest } = {}, standard) {
    if (kind === 'local')
        return undefined;
    if (bucket === undefined)
        throw new RangeError('storage of kind s3 needs the name of a bucket');
    return {
        ...{ ...rest, bucket, prefix: prefix || standard },
        ...(secretKey !== undefined && { secretKey: pulumi.secret(secretKey) }),
    };
}
