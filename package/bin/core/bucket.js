export const BUCKET_VARIABLES = {
    STORAGE_PROVIDER: 'kind',
    S3_BUCKET_NAME: 'bucket',
    S3_ENDPOINT_URL: 'endpoint',
    S3_REGION_NAME: 'region',
    S3_ACCESS_KEY_ID: 'accessKey',
    S3_SECRET_ACCESS_KEY: 'secretKey',
    S3_KEY_PREFIX: 'prefix',
    S3_ADDRESSING_STYLE: 'addressing',
};
export const bucketVariables = ({ bucket, endpoint, region, prefix, addressing = 'auto' }) => ({
    STORAGE_PROVIDER: 's3',
    S3_BUCKET_NAME: bucket,
    ...(endpoint !== undefined && { S3_ENDPOINT_URL: endpoint }),
    ...(region !== undefined && { S3_REGION_NAME: region }),
    S3_KEY_PREFIX: `${prefix}/`,
    ...(addressing !== 'auto' && { S3_ADDRESSING_STYLE: addressing }),
});
export const bucketSecrets = ({ accessKey, secretKey }) => ({
    ...(accessKey !== undefined && { S3_ACCESS_KEY_ID: accessKey }),
    ...(secretKey !== undefined && { S3_SECRET_ACCESS_KEY: secretKey }),
});
export const isAws = (endpoint) => endpoint === undefined || (URL.canParse(endpoint) && /\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname));
