import { command } from '../command.ts';

/** Where the web UI's container has its secrets; nothing but a hash leaves it. */
const HASH = '. /run/secrets/open-webui.env && printf "open-webui backup %s" "$WEBUI_SECRET_KEY" | sha256sum';

/**
 * A hash of the key by which the web UI signs sessions and encrypts credentials: of a long random text, so nothing can be told from it but
 * whether two are the same. null where the container does not run.
 */
export async function sessionKeyHash(container: string): Promise<string | null> {
  const { code, stdout } = await command('docker', ['exec', container, 'sh', '-c', HASH]);
  return code === 0 ? (/^[0-9a-f]{64}/.exec(stdout)?.[0] ?? null) : null;
}
