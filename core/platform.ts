/** What runs the servers of a stack. */

/** `docker`: containers of one engine; `swarm`: services, of which the web UI may have several instances. */
export type PlatformKind = 'docker' | 'swarm';

/** As a stack file writes it: the kind alone, or with what belongs to it. */
export type PlatformSetting = PlatformKind | { kind: PlatformKind; init: boolean };

/** The two spellings as one. */
export const platformOf = (setting: PlatformSetting): { kind: PlatformKind; init: boolean } =>
  typeof setting === 'string' ? { kind: setting, init: false } : setting;

/** Whether settings say so; by default they do not. */
export const isSwarm = ({ platform = 'docker' }: { platform?: PlatformSetting | undefined }): boolean =>
  platformOf(platform).kind === 'swarm';

/** Option of an encrypted overlay network; its presence counts, not its value. */
export const ENCRYPTED = 'encrypted';

/** The most instances of one server. */
export const MOST_REPLICAS = 100;
