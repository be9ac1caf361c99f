import { deploysPostgres } from '../core/postgres.ts';

/** What of a stack's settings names its images. */
export interface ImagesOf {
  webui: { image: string };
  valkey: { image: string; highAvailability?: boolean | undefined; balancer?: { image: string } | undefined };
  database: { kind?: string | undefined; url?: unknown; image: string };
  gateway: { domain?: unknown; image: string };
}

/** The images that a stack runs. */
export const imagesOf = ({ webui, valkey, database, gateway }: ImagesOf): string[] => [
  ...[webui.image, valkey.image],
  ...(valkey.highAvailability && valkey.balancer ? [valkey.balancer.image] : []),
  ...(deploysPostgres(database) ? [database.image] : []),
  ...(gateway.domain ? [gateway.image] : []),
];
