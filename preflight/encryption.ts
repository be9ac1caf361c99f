/** Encrypted networks of a Swarm: whether the stack's networks match its settings, and whether the kernel supports them. */

import { readFileSync } from 'node:fs';
import * as pulumi from '@pulumi/pulumi';
import { furtherNetworks, type Networked } from '../core/attachments.ts';
import { ENCRYPTED } from '../core/platform.ts';
import type { Docker } from '../docker/client.ts';
import { readInfo } from '../docker/info.ts';
import { inspect, type Network } from '../docker/inspect.ts';
import type { Found } from '../docker/inventory.ts';
import { refusal } from './nodes.ts';
import type { Subject } from './origin.ts';
import { tryInside } from './trial.ts';

const PROGRAM = readFileSync(new URL('./ipsec.py', import.meta.url), 'utf8');

/** What of a stack's settings matters here. */
interface Settings extends Omit<Networked, 'network' | 'webui'> {
  network: Networked['network'] & { encrypted: boolean };
  webui: Networked['webui'] & { image: string };
}

const isEncrypted = ({ Options }: Network): boolean => Object.hasOwn(Options ?? {}, ENCRYPTED);

const listed = (networks: readonly Network[]): string => networks.map(({ Name }) => Name).join(' and ');

/** Errors of a kernel that cannot encrypt; others, such as EPERM, prove nothing. */
const UNABLE = ['ENOSYS', 'ENOENT', 'EPROTONOSUPPORT', 'EAFNOSUPPORT', 'EOPNOTSUPP'];

/** @throws pulumi.RunError if the engine's kernel cannot encrypt: its node could not reach any other. */
async function requireKernel(docker: Docker, image: string, host: string): Promise<void> {
  const args = ['--user', '0:0', '--cap-add', 'NET_ADMIN'];
  const tried = await tryInside<{ error: string | null }>(docker, { image, networks: ['none'], args }, PROGRAM, '');
  const error = tried && 'seen' in tried ? tried.seen.error : null;
  if (error === null || !UNABLE.includes(error)) return;
  throw refusal(
    `network.encrypted is true, and the kernel of ${host} cannot encrypt (ESP with AES-GCM: ${error}), so its servers could not reach other nodes.`,
    ['install the kernel modules esp4 and gcm on every node, or remove network.encrypted'],
  );
}

/** Networks created elsewhere: that of `network.external`, and further ones that the servers join. */
async function lookAtOthers(docker: Docker, settings: Settings): Promise<void> {
  const { name, external } = settings.network;
  const further = (['valkey', 'webui'] as const).flatMap((server) => furtherNetworks(server, settings));
  const names = [...new Set([...(external ? [name] : []), ...further])];
  const open = (await inspect(docker, 'network', names)).filter((network) => !isEncrypted(network));
  if (external && open.some(({ Name }) => Name === name)) {
    throw refusal(`network.encrypted is true, and the external network ${name} is not encrypted.`, [
      `create it with docker network create --driver overlay --attachable --opt ${ENCRYPTED}, or remove network.encrypted`,
    ]);
  }
  if (open.length > 0)
    await pulumi.log.warn(
      `network.encrypted does not apply to ${listed(open)}, which the stack joins and which is not encrypted.`,
    );
}

/**
 * Refuses existing networks whose encryption differs from the setting, as Docker cannot change them. On a Swarm of several nodes, tests the kernel
 * before the first network is created.
 *
 * @param present what the stack has on the engine.
 * @throws pulumi.RunError with what to do.
 */
export async function requireEncryption(
  docker: Docker,
  settings: Settings,
  present: readonly Found[],
  { commands }: Pick<Subject, 'commands'>,
): Promise<void> {
  const { encrypted } = settings.network;
  const own = present.filter(({ kind }) => kind === 'network').map(({ name }) => name);
  const networks = (await inspect(docker, 'network', own)).filter(({ Scope }) => Scope === 'swarm');
  const others = networks.filter((network) => isEncrypted(network) !== encrypted);
  if (others.length > 0) {
    throw refusal(
      `network.encrypted is ${encrypted}, and ${listed(others)} ${others.length === 1 ? 'is' : 'are'} ${encrypted ? 'not encrypted' : 'encrypted'}, which Docker cannot change.`,
      [`${commands.down}, which keeps the data and the secrets, and then ${commands.up}`],
    );
  }
  if (!encrypted) return;
  await lookAtOthers(docker, settings);
  const { Name = 'this engine', Swarm } = (await readInfo(docker).catch(() => undefined)) ?? {};
  if (networks.length === 0 && (Swarm?.Nodes ?? 1) > 1) await requireKernel(docker, settings.webui.image, Name);
}
