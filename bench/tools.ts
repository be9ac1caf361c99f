/** The programs that this project is measured against: found on this machine, else got from packages and kept in the cache. */

import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached, folder } from '../system/cache.mjs';
import { attached, capture, run, which } from '../system/exec.mjs';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const PLUGIN = 'docker/cli-plugins/docker-compose';

/** Debian 13, as the images of this project are built from it where none can be pulled. */
const BASE = 'local/debian:trixie';

const hasImage = async (name: string) => (await capture('docker', ['image', 'inspect', name])).code === 0;

/** Docker Compose 2: the plugin of this machine, else Debian 13's package, taken out of the image from which this project builds. */
export async function compose(): Promise<string> {
  const places = [
    join(homedir(), '.docker/cli-plugins/docker-compose'),
    ...['/usr/libexec', '/usr/lib', '/usr/local/lib'].map((dir) => join(dir, PLUGIN)),
  ];
  const found = places.find(existsSync);
  if (found) return found;
  const dir = await folder(cached('bench', 'docker-compose-debian-13'), async (into: string) => {
    const script =
      'cd /tmp && apt-get update -qq && apt-get download -qq docker-compose && dpkg -x docker-compose_*.deb /out';
    if (!(await hasImage(BASE)))
      throw new Error('The comparison needs Docker Compose 2: docs.docker.com/compose/install');
    await docker('run', '--rm', '--network', 'host', '--volume', `${into}:/out`, BASE, 'sh', '-c', script);
  });
  return join(dir, 'usr/libexec', PLUGIN);
}

/** Folder with the Docker provider for Terraform in the version that Pulumi's plugin is made of, built from its Go module. */
export async function terraformProvider(): Promise<string> {
  if (!which('terraform'))
    throw new Error('The comparison needs terraform on PATH: developer.hashicorp.com/terraform/install');
  const module = 'github.com/terraform-providers/terraform-provider-docker';
  const version = new RegExp(`${module} (v\\S+)`).exec(readFileSync(here('terraform-provider/go.mod'), 'utf8'))?.[1];
  return folder(cached('bench', `terraform-provider-${version}`), async (into: string) => {
    const args = ['build', '-trimpath', '-ldflags', '-s -w', '-o', join(into, 'terraform-provider-docker'), module];
    const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false', GOWORK: 'off' };
    const code = await attached('go', args, { cwd: here('terraform-provider'), env });
    if (code !== 0) throw new Error(`The Docker provider for Terraform cannot be built: go ended with ${code}`);
  });
}

/** What a docker command prints; an error shows what it said. */
export const docker = (...args: string[]): Promise<string> => run('docker', args);
