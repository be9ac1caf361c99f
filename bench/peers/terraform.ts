import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VALKEY_DATA } from '../../core/valkey.ts';
import { WEBUI_DATA, WEBUI_PORT } from '../../core/webui.ts';
import { ALIAS, CHECKS, type Check, COMMAND, type Deployment, environment, names, type Peer, run } from './common.ts';

/** HCL's text form of a value is that of JSON, but for `${` and `%{`. */
const hcl = (value: unknown) => JSON.stringify(value).replaceAll('${', '$${').replaceAll('%{', '%%{');

export const terraform = (provider: string): Peer => {
  const call = (deployment: Deployment, ...args: string[]) => {
    const config = join(deployment.dir, 'terraform.rc');
    return run(deployment, 'terraform', args, { TF_CLI_CONFIG_FILE: config, CHECKPOINT_DISABLE: '1' });
  };
  return {
    name: 'terraform',
    about: "Terraform with the Docker provider on which Pulumi's is built, apply and plan",
    async prepare(deployment) {
      const { network, valkey, webui, valkeyData, webuiData } = names(deployment);
      const { dir, images, port, external } = deployment;
      const check = ({ startPeriod, interval, timeout, retries, test }: Check) => `
  healthcheck {
    test         = ${hcl(test)}
    start_period = "${startPeriod.replace(/m$/, 'm0s')}"
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
    aliases = ["${ALIAS}"]
  }
  volumes {
    volume_name    = docker_volume.valkey.name
    container_path = "${VALKEY_DATA}"
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
    container_path = "${WEBUI_DATA}"
  }
  ports {
    internal = ${WEBUI_PORT}
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
