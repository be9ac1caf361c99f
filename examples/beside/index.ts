import * as docker from '@pulumi/docker';
import * as openwebui from '@pulumi/openwebui';
import * as pulumi from '@pulumi/pulumi';
import * as random from '@pulumi/random';

const config = new pulumi.Config();
const name = `database-${pulumi.getStack()}`;
const secret = (key: string) => new random.RandomPassword(key, { length: 32, special: false }).result;

/** A Postgres of your own, with pgvector. It could as well be one of a cloud: only its address matters below. */
const network = new docker.Network('database', { name });
const password = secret('database');
const database = new docker.Container('database', {
  name,
  image: config.get('databaseImage') ?? 'docker.io/pgvector/pgvector:0.8.6-pg17-trixie',
  envs: ['POSTGRES_USER=chat', 'POSTGRES_DB=chat', pulumi.interpolate`POSTGRES_PASSWORD=${password}`],
  networksAdvanced: [{ name: network.name }],
  // It is well when it has the extension that the chat needs, which its superuser creates.
  healthcheck: {
    tests: ['CMD', 'psql', '--username', 'chat', '--command', 'create extension if not exists vector'],
    interval: '2s',
  },
  wait: true,
});

/**
 * An S3 server of your own with a bucket, on the same network. In a cloud, take its own bucket instead: `new aws.s3.Bucket(…)` of `@pulumi/aws` with the
 * keys of a user who may read and write it, or `new minio.S3Bucket(…)`; only the five inputs of `storage` below change.
 */
const bucket = 'chat';
const keys = { id: 'chat', secret: secret('files') };
const volume = new docker.Volume('files', { name: `files-${pulumi.getStack()}` });
const files = new docker.Container('files', {
  name: `files-${pulumi.getStack()}`,
  image: config.get('filesImage') ?? 'docker.io/versity/versitygw:v1.8.0',
  // Each folder of its data is a bucket.
  entrypoints: ['/bin/sh', '-c', `mkdir -p /data/${bucket} && exec versitygw posix /data`],
  envs: [
    `ROOT_ACCESS_KEY_ID=${keys.id}`,
    pulumi.interpolate`ROOT_SECRET_ACCESS_KEY=${keys.secret}`,
    // For the health check, which asks as an administrator.
    `ADMIN_ACCESS_KEY_ID=${keys.id}`,
    pulumi.interpolate`ADMIN_SECRET_ACCESS_KEY=${keys.secret}`,
  ],
  volumes: [{ volumeName: volume.name, containerPath: '/data' }],
  networksAdvanced: [{ name: network.name }],
  healthcheck: {
    tests: ['CMD', 'versitygw', 'admin', '--endpoint-url', 'http://127.0.0.1:7070', 'list-buckets'],
    interval: '2s',
  },
  wait: true,
});

/** The chat waits for both, because their addresses are inputs. */
const chat = new openwebui.Deployment(
  'chat',
  {
    database: {
      kind: openwebui.DatabaseKind.Postgres,
      url: pulumi.interpolate`postgresql://chat:${password}@${database.name}/chat`,
    },
    storage: {
      kind: openwebui.StorageKind.S3,
      bucket,
      endpoint: pulumi.interpolate`http://${files.name}:7070`,
      accessKey: keys.id,
      secretKey: keys.secret,
    },
    valkey: { image: config.get('valkeyImage') },
    webui: {
      image: config.get('webuiImage'),
      publish: { port: config.requireNumber('port') },
      networks: { [name]: {} },
    },
  },
  // Its network as well, of which no input is an output.
  { dependsOn: [network] },
);

export const { url, adminEmail, adminPassword, networks, servers, valkeyUrl, valkeyOperatorPassword } = chat;
