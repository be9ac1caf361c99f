/** What others can reach or read. */

import { imageName } from '../core/images.ts';
import { type Container, listed, place, type Rule, type Violation } from './rule.ts';

const VALKEY_PORT = 6379;
const LOOPBACK = ['127.0.0.1', '::1'];

/**
 * Valkey is published on the Docker host alone, if at all.
 *
 * Docker publishes on every address unless told otherwise, past the rules of a host's firewall, and Valkey serves whoever reaches
 * it: sessions of everybody who is signed in, and a way to run code through holes in its interpreter.
 * Source: Docker's documentation, "Port publishing and mapping"; Valkey's, "Security".
 */
export const valkeyPort: Rule<Container> = {
  name: 'valkey-not-exposed',
  description: 'The port of Valkey is published on a loopback address or not at all.',
  check({ image, ports, publishAllPorts }, resource) {
    const isServer = /valkey|redis/.test(imageName(image));
    const setting = place(resource, 'publish', 'ports');
    const violations: Violation[] = (ports ?? [])
      .filter(({ internal, ip }) => (isServer || internal === VALKEY_PORT) && !LOOPBACK.includes(ip ?? ''))
      .map(({ internal, ip }) => ({
        found: `publishes port ${internal} of Valkey on ${ip ?? 'every address'}`,
        allowed: `${LOOPBACK.join(' or ')}, or no publication`,
        fix: `write the address 127.0.0.1 in ${setting}, or remove it: containers on its network need no published port`,
      }));
    if (isServer && publishAllPorts) {
      violations.push({
        found: 'publishes all ports of Valkey on every address',
        allowed: `${LOOPBACK.join(' or ')}, or no publication`,
        fix: 'remove publishAllPorts: containers on its network need no published port',
      });
    }
    return violations;
  },
};

const SECRET_NAME = /(^|_)(KEY|SECRET|PASSWORD|TOKEN)$/i;

/** Values that hide nothing: ENABLE_API_KEY=true is a switch, and an empty value only says that there is none. */
const HARMLESS = /^(|true|false|none)$/i;

const URL_WITH_PASSWORD = /^(redis|valkey)s?:\/\/[^:@/]*:[^@/]+@/i;

/**
 * No secret stands in a container's environment.
 *
 * `docker inspect` shows it to everybody who may ask the engine, error reports carry it away, and every process in the container
 * inherits it. That Pulumi knows the value for a secret does not help there. Messages name the variable and never its value.
 * Source: Docker's documentation, "Secrets in Compose", on environment variables.
 */
export const clearSecrets: Rule<Container> = {
  name: 'no-secret-in-environment',
  description: 'Secrets reach a container in a file, not in its environment.',
  check({ envs }, resource) {
    const exposed = (envs ?? []).flatMap((entry) => {
      const [name = '', ...rest] = entry.split('=');
      const value = rest.join('=');
      return URL_WITH_PASSWORD.test(value) || (SECRET_NAME.test(name) && !HARMLESS.test(value)) ? [name] : [];
    });
    if (exposed.length === 0) return [];
    const { project, section, stack } = resource;
    return [
      {
        found: `has a secret in its environment: ${listed(exposed)}`,
        allowed: 'secrets in an uploaded file that only root can read',
        fix:
          section === 'webui'
            ? `pulumi config set --stack ${stack} --secret --path ${project}:webui.env.${exposed[0]}, and so for each: then all variables go into such a file`
            : 'give it in uploads, and read it from there where the program starts',
      },
    ];
  },
};
