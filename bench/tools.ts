/** The programs that this project is measured against: found on this machine, else got from packages and kept in the cache. */

import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../core/errors.mjs';
import type { Docker } from '../docker/client.ts';
import { baseImage } from '../setup/images/debianBase.ts';
import { cached, folder } from '../system/cache.mjs';
import { run, which } from '../system/exec.mjs';
import type { Compose } from './peers/compose.ts';

export interface Tools {
  compose: Compose;
  /** Folder with the Docker provider for Terraform. */
  provider: string;
}

/** What finding them needs. */
interface Machine {
  root: string;
  env: NodeJS.ProcessEnv;
  docker: Docker;
}

const PLUGIN = 'docker/cli-plugins/docker-compose';

/** Debian 13, as the images of this project are built from it where none can be pulled. */
const BASE = baseImage('trixie');

/** Docker Compose 2: the plugin of this machine, else Debian 13's package, taken out of the image from which this project builds. */
export async function findCompose({ env, docker }: Machine): Promise<Compose> {
  const places = [
    join(homedir(), '.docker/cli-plugins/docker-compose'),
    ...['/usr/libexec', '/usr/lib', '/usr/local/lib'].map((dir) => join(dir, PLUGIN)),
  ];
  const program = places.find((place) => existsSync(place)) ?? (await unpackCompose(docker));
  return { program, version: (await run(program, ['version', '--short'], { env })).trim() };
}

async function unpackCompose(docker: Docker): Promise<string> {
  const dir = await folder(cached('bench', 'docker-compose-debian-13'), async (into) => {
    const script =
      'cd /tmp && apt-get update -qq && apt-get download -qq docker-compose && dpkg -x docker-compose_*.deb /out';
    if ((await docker.capture(['image', 'inspect', BASE])).code !== 0)
      throw new UserError('The comparison needs Docker Compose 2: docs.docker.com/compose/install');
    await docker.run(['run', '--rm', '--network', 'host', '--volume', `${into}:/out`, BASE, 'sh', '-c', script]);
  });
  return join(dir, 'usr/libexec', PLUGIN);
}

/** The Docker provider for Terraform in the version that Pulumi's plugin is made of, built from its Go module. */
async function buildProvider({ root, env }: Machine): Promise<string> {
  if (!which('terraform', env['PATH']))
    throw new UserError('The comparison needs terraform on PATH: developer.hashicorp.com/terraform/install');
  const source = join(root, 'bench', 'terraform-provider');
  const module = 'github.com/terraform-providers/terraform-provider-docker';
  const version = new RegExp(`${module} (v\\S+)`).exec(readFileSync(join(source, 'go.mod'), 'utf8'))?.[1];
  return folder(cached('bench', `terraform-provider-${version}`), async (into) => {
    const args = ['build', '-trimpath', '-ldflags', '-s -w', '-o', join(into, 'terraform-provider-docker'), module];
    const own = { ...env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false', GOWORK: 'off' };
    await run('go', args, { cwd: source, env: own });
  });
}

/** @throws UserError when one of them is neither here nor can be made. */
export const findTools = async (machine: Machine): Promise<Tools> => ({
  compose: await findCompose(machine),
  provider: await buildProvider(machine),
});
