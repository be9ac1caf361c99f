/** The same deployment by each tool: the same images, health checks, network and volumes; a port and names of its own. */

import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';

/** What every peer deploys. */
export interface Deployment {
  /** Part of all names. */
  name: string;
  /** Folder of its own for the files of the peer. */
  dir: string;
  port: number;
  images: { valkey: string; webui: string };
  /** Whether the network exists already, as in the tutorial. */
  external: boolean;
}

export interface Peer {
  name: string;
  /** What this is, in a line. */
  about: string;
  prepare(deployment: Deployment): Promise<void>;
  /** From nothing to a web UI that is healthy. */
  up(deployment: Deployment): Promise<unknown>;
  /** Finds out that nothing is to be changed; undefined where there is no such thing. */
  noop?(deployment: Deployment): Promise<unknown>;
  /** The same as people do it: what is missing looked for, the deployment applied again and proved. */
  command?(deployment: Deployment): Promise<unknown>;
  /** Its bare form. */
  bare?(deployment: Deployment): Promise<unknown>;
}

/** Timing of the two checks; the defaults of this project. */
const CHECKS = {
  valkey: { startPeriod: '5s', interval: '1s', timeout: '3s', retries: 5, shell: "[ $(valkey-cli ping) = 'PONG' ]" },
  webui: {
    startPeriod: '120s',
    interval: '5s',
    timeout: '5s',
    retries: 3,
    shell: 'curl --fail --silent --output /dev/null --max-time 5 http://127.0.0.1:8080/ready',
  },
};

const COMMAND = ['valkey-server', '--save', '30', '1'];

/** Fixed, as neither tool is measured at making secrets: the floor of every web UI is a key that it need not make. */
const environment = () => ({
  ENABLE_WEBSOCKET_SUPPORT: 'true',
  WEBSOCKET_MANAGER: 'redis',
  WEBSOCKET_REDIS_URL: 'redis://redis:6379/1',
  REDIS_URL: 'redis://redis:6379/0',
  WEBUI_SECRET_KEY: 'of-a-measurement-only',
  WEBUI_ADMIN_EMAIL: 'admin@example.com',
  WEBUI_ADMIN_PASSWORD: 'of-a-measurement-only',
});

export const names = ({ name }: Deployment) => ({
  network: `${name}-network`,
  valkey: `${name}-valkey`,
  webui: `${name}-webui`,
  valkeyData: `${name}-valkey-data`,
  webuiData: `${name}-webui-data`,
});

const execute = promisify(execFile);
const run = (cwd: string, program: string, args: string[], env: Record<string, string> = {}) =>
  execute(program, args, { cwd, env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 });

const checkFlags = ({ startPeriod, interval, timeout, retries, shell }: (typeof CHECKS)['valkey']) => [
  ...['--health-cmd', shell, '--health-start-period', startPeriod, '--health-interval', interval],
  ...['--health-timeout', timeout, '--health-retries', String(retries)],
];

const floor: Peer = {
  name: 'docker run',
  about: 'the floor: four docker commands, and asking for the health every 100 ms',
  async prepare() {},
  async up(deployment) {
    const { dir, images, port, external } = deployment;
    const { network, valkey, webui, valkeyData, webuiData } = names(deployment);
    if (!external) await run(dir, 'docker', ['network', 'create', network]);
    await run(dir, 'docker', [
      ...['run', '--detach', '--name', valkey, '--network', network, '--network-alias', 'redis'],
      ...['--volume', `${valkeyData}:/data`, ...checkFlags(CHECKS.valkey), images.valkey, ...COMMAND],
    ]);
    const env = Object.entries(environment()).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
    await run(dir, 'docker', [
      ...['run', '--detach', '--name', webui, '--network', network, '--publish', `127.0.0.1:${port}:8080`],
      ...['--volume', `${webuiData}:/app/backend/data`, ...env, ...checkFlags(CHECKS.webui), images.webui],
    ]);
    for (;;) {
      const { stdout } = await run(dir, 'docker', ['inspect', '--format', '{{.State.Health.Status}}', valkey, webui]);
      if (/^healthy\s+healthy\s*$/.test(stdout)) return;
      if (stdout.includes('unhealthy')) throw new Error('a container became unhealthy');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  },
};

const composeCheck = ({ startPeriod, interval, timeout, retries, shell }: (typeof CHECKS)['valkey']) => ({
  test: ['CMD-SHELL', shell.replaceAll('$', '$$$$')],
  start_period: startPeriod,
  interval,
  timeout,
  retries,
});

/** `docker-compose` is the plugin's own program, wherever it is. */
const compose = (program: string): Peer => {
  const call = (deployment: Deployment) =>
    run(deployment.dir, program, ['--project-name', deployment.name, 'up', '--detach', '--wait', '--quiet-pull']);
  return {
    name: 'docker compose',
    about: `Docker Compose ${execFileSync(program, ['version', '--short'], { encoding: 'utf8' }).trim()}, up --wait, both services started at once`,
    async prepare(deployment) {
      const { network, valkey, webui, valkeyData, webuiData } = names(deployment);
      const file = {
        services: {
          redis: {
            image: deployment.images.valkey,
            container_name: valkey,
            command: COMMAND.join(' '),
            volumes: [`${valkeyData}:/data`],
            healthcheck: composeCheck(CHECKS.valkey),
            networks: ['net'],
          },
          webui: {
            image: deployment.images.webui,
            container_name: webui,
            environment: environment(),
            ports: [`127.0.0.1:${deployment.port}:8080`],
            volumes: [`${webuiData}:/app/backend/data`],
            healthcheck: composeCheck(CHECKS.webui),
            networks: ['net'],
          },
        },
        volumes: { [valkeyData]: { name: valkeyData }, [webuiData]: { name: webuiData } },
        networks: { net: { name: network, ...(deployment.external && { external: true }) } },
      };
      writeFileSync(join(deployment.dir, 'compose.yaml'), stringify(file));
    },
    up: call,
    noop: call,
  };
};

/** HCL's text form of a value is that of JSON, but for `${` and `%{`. */
const hcl = (value: unknown) => JSON.stringify(value).replaceAll('${', '$${').replaceAll('%{', '%%{');

const terraform = (provider: string): Peer => {
  const call = ({ dir }: Deployment, ...args: string[]) =>
    run(dir, 'terraform', args, { TF_CLI_CONFIG_FILE: join(dir, 'terraform.rc'), CHECKPOINT_DISABLE: '1' });
  return {
    name: 'terraform',
    about: 'Terraform with the Docker provider that Pulumi has bridged, apply and plan',
    async prepare(deployment) {
      const { network, valkey, webui, valkeyData, webuiData } = names(deployment);
      const { dir, images, port, external } = deployment;
      const check = ({ startPeriod, interval, timeout, retries, shell }: (typeof CHECKS)['valkey']) => `
  healthcheck {
    test         = ${hcl(['CMD-SHELL', shell])}
    start_period = "${startPeriod === '120s' ? '2m0s' : startPeriod}"
    interval     = "${interval}"
    timeout      = "${timeout}"
    retries      = ${retries}
  }
  wait         = true
  wait_timeout = 180`;
      writeFileSync(
        join(dir, 'terraform.rc'),
        `provider_installation {\n  dev_overrides {\n    "kreuzwerker/docker" = ${hcl(provider)}\n  }\n  direct {}\n}\n`,
      );
      writeFileSync(
        join(dir, 'main.tf'),
        `terraform {
  required_providers {
    docker = { source = "kreuzwerker/docker" }
  }
}

${external ? `data "docker_network" "net" {\n  name = "${network}"\n}` : `resource "docker_network" "net" {\n  name = "${network}"\n}`}

resource "docker_volume" "valkey" {
  name = "${valkeyData}"
}

resource "docker_volume" "webui" {
  name = "${webuiData}"
}

resource "docker_container" "valkey" {
  name    = "${valkey}"
  image   = "${images.valkey}"
  command = ${hcl(COMMAND)}
  networks_advanced {
    name    = ${external ? 'data.' : ''}docker_network.net.name
    aliases = ["redis"]
  }
  volumes {
    volume_name    = docker_volume.valkey.name
    container_path = "/data"
  }${check(CHECKS.valkey)}
}

resource "docker_container" "webui" {
  name  = "${webui}"
  image = "${images.webui}"
  env   = ${hcl(Object.entries(environment()).map(([key, value]) => `${key}=${value}`))}
  networks_advanced {
    name = ${external ? 'data.' : ''}docker_network.net.name
  }
  volumes {
    volume_name    = docker_volume.webui.name
    container_path = "/app/backend/data"
  }
  ports {
    internal = 8080
    external = ${port}
    ip       = "127.0.0.1"
  }${check(CHECKS.webui)}
}
`,
      );
    },
    up: (deployment) => call(deployment, 'apply', '-auto-approve', '-input=false'),
    noop: (deployment) => call(deployment, 'plan', '-input=false', '-detailed-exitcode'),
  };
};

const PARTS = [
  ...['Pulumi.yaml', 'package.json', 'package-lock.json', 'index.ts', 'settings.ts', 'settings', 'components'],
  ...['ops', 'bootstrap', 'node_modules'],
];

/** This project as it stands. It also makes its secrets and access rules, which the others do without. */
const pulumi = (root: string): Peer => {
  const env = ({ dir }: Deployment) => ({
    PULUMI_BACKEND_URL: `file://${dir}`,
    PULUMI_CONFIG_PASSPHRASE: 'of-a-measurement-only',
    PULUMI_SKIP_UPDATE_CHECK: 'true',
  });
  const call = (deployment: Deployment, ...args: string[]) =>
    run(deployment.dir, 'pulumi', [...args, '--stack', 'bench', '--non-interactive'], env(deployment));
  return {
    name: 'pulumi',
    about: 'this project: pulumi up, and pulumi preview',
    async prepare(deployment) {
      const { dir, images, port, external } = deployment;
      const { network, valkey, webui, valkeyData, webuiData } = names(deployment);
      for (const part of PARTS) {
        if (part === 'node_modules') symlinkSync(join(root, part), join(dir, part));
        else cpSync(join(root, part), join(dir, part), { recursive: true });
      }
      const config = {
        network: { name: network, external },
        valkey: { name: valkey, image: images.valkey, volume: valkeyData },
        webui: { name: webui, image: images.webui, volume: webuiData, publish: { port } },
      };
      writeFileSync(join(dir, 'Pulumi.bench.yaml'), stringify({ config }));
      await run(dir, 'pulumi', ['stack', 'init', 'bench', '--non-interactive'], env(deployment));
    },
    up: (deployment) => call(deployment, 'up', '--yes', '--skip-preview'),
    noop: (deployment) => call(deployment, 'preview', '--expect-no-changes'),
    command: (deployment) => run(deployment.dir, 'npm', ['run', 'up', '--', '--stack', 'bench'], env(deployment)),
    bare: (deployment) => call(deployment, 'up', '--yes', '--skip-preview'),
  };
};

export const peers = (root: string, tools: { compose: string; provider: string }): readonly Peer[] => [
  floor,
  compose(tools.compose),
  terraform(tools.provider),
  pulumi(root),
];

/** Removes all that a peer has made on the engine, by its names. */
export async function clear(deployment: Deployment, { network: withNetwork }: { network: boolean }): Promise<void> {
  const { network, valkey, webui, valkeyData, webuiData } = names(deployment);
  const quietly = (...args: string[]) => execute('docker', args).catch(() => undefined);
  await quietly('rm', '--force', '--volumes', valkey, webui);
  await quietly('volume', 'rm', valkeyData, webuiData);
  if (withNetwork) await quietly('network', 'rm', network);
  rmSync(deployment.dir, { recursive: true, force: true });
  mkdirSync(deployment.dir, { recursive: true });
}
