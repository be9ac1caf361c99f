/** Where uploaded files go, where that is a bucket: what Open WebUI reads about it. */

/** How a bucket is named in requests: `path` as a part of the path, `virtual` as a part of the host name. */
export type Addressing = 'auto' | 'path' | 'virtual';

/** A bucket, with texts that are known (`string`) or may be so later. */
export interface Bucket<Text = string> {
  bucket: Text;
  /** Address of the server. Default: AWS. */
  endpoint?: Text | undefined;
  region?: Text | undefined;
  /** Default: what the AWS machine that runs the server grants. */
  accessKey?: Text | undefined;
  secretKey?: Text | undefined;
  /** Folder in the bucket, without a slash at its end. */
  prefix: string;
  addressing?: Addressing | undefined;
}

/** Variables that the settings of a bucket stand for, each with the setting. */
export const BUCKET_VARIABLES = {
  STORAGE_PROVIDER: 'kind',
  S3_BUCKET_NAME: 'bucket',
  S3_ENDPOINT_URL: 'endpoint',
  S3_REGION_NAME: 'region',
  S3_ACCESS_KEY_ID: 'accessKey',
  S3_SECRET_ACCESS_KEY: 'secretKey',
  S3_KEY_PREFIX: 'prefix',
  S3_ADDRESSING_STYLE: 'addressing',
} as const;

/** Variables that may be seen. */
export const bucketVariables = <Text>({ bucket, endpoint, region, prefix, addressing = 'auto' }: Bucket<Text>) => ({
  STORAGE_PROVIDER: 's3',
  S3_BUCKET_NAME: bucket,
  ...(endpoint !== undefined && { S3_ENDPOINT_URL: endpoint }),
  ...(region !== undefined && { S3_REGION_NAME: region }),
  // Open WebUI compares beginnings when it deletes everything: without the slash, files below `chat-2` are among those of `chat`.
  S3_KEY_PREFIX: `${prefix}/`,
  ...(addressing !== 'auto' && { S3_ADDRESSING_STYLE: addressing }),
});

/** Variables that are secret, or may be. */
export const bucketSecrets = <Text>({ accessKey, secretKey }: Bucket<Text>) => ({
  ...(accessKey !== undefined && { S3_ACCESS_KEY_ID: accessKey }),
  ...(secretKey !== undefined && { S3_SECRET_ACCESS_KEY: secretKey }),
});

/** Whether an endpoint is one of AWS, which grants keys to its own machines. */
export const isAws = (endpoint: string | undefined): boolean =>
  endpoint === undefined || (URL.canParse(endpoint) && /\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname));
