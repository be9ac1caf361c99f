/** What others can reach or read. */

import { imageName } from '../core/images.ts';
import { POSTGRES_PORT } from '../core/postgres.ts';
import { looksSecret, optionLooksSecret } from '../core/secretPatterns.ts';
import { VALKEY_PORT } from '../core/valkey.ts';
import { listed, place, type Rule, type Violation } from './rule.ts';
import type { Server } from './server.ts';

const LOOPBACK = ['127.0.0.1', '::1'];

/** Where Valkey may be published, and how to get there: a port of a service has no address of its own. */
const PUBLISHING = {
  container: {
    allowed: `${LOOPBACK.join(' or ')}, or no publication`,
    fix: (setting: string) =>
      `write the address 127.0.0.1 in ${setting}, or remove it: containers on its network need no published port`,
  },
  service: {
    allowed: 'no publication: Swarm publishes a port on every address',
    fix: (setting: string) => `remove ${setting}: services on its network need no published port`,
  },
};

/** A rule that a server, known by its image or by its port, is published on the Docker host alone, if at all. */
const loopbackOnly = (
  program: string,
  { image, port: own }: { image: RegExp; port: number },
): Pick<Rule<Server>, 'description' | 'check'> => ({
  description: `The port of ${program} is published on a loopback address or not at all.`,
  check(server, resource) {
    const isIt = image.test(imageName(server.image));
    const { allowed, fix } = PUBLISHING[server.kind];
    const setting = place(resource, 'publish', server.arguments.ports);
    const violations: Violation[] = server.publications
      .filter(({ port, address = '' }) => (isIt || port === own) && !LOOPBACK.includes(address))
      .map(({ port, address = 'every address' }) => ({
        found: `publishes port ${port} of ${program} on ${address}`,
        allowed,
        fix: fix(setting),
      }));
    if (isIt && server.publishesAll) {
      violations.push({
        found: `publishes all ports of ${program} on every address`,
        allowed,
        fix: 'remove publishAllPorts: containers on its network need no published port',
      });
    }
    return violations;
  },
});

/**
 * Valkey is published on the Docker host alone, if at all.
 *
 * Docker publishes on every address by default, outside the rules of a host's firewall, and Valkey serves every client that reaches it:
 * the sessions of everybody who is signed in, and a way to run code through holes in its interpreter.
 * Source: Docker's documentation, "Port publishing and mapping"; Valkey's, "Security".
 */
export const valkeyPort: Rule<Server> = {
  name: 'valkey-not-exposed',
  ...loopbackOnly('Valkey', { image: /valkey|redis/, port: VALKEY_PORT }),
};

/**
 * Postgres is published on the Docker host alone, if at all.
 *
 * It has every chat and the hash of every password, and lets anyone who reaches it try passwords as often as they like.
 * Source: Docker's documentation, "Port publishing and mapping"; PostgreSQL's, "Client Authentication".
 */
export const postgresPort: Rule<Server> = {
  name: 'postgres-not-exposed',
  ...loopbackOnly('Postgres', { image: /postgres|pgvector/, port: POSTGRES_PORT }),
};

/** Port of Caddy's administration. */
const ADMIN_PORT = 2019;

/**
 * The administration of Caddy is published nowhere.
 *
 * It asks for no password: who reaches it can have the gateway serve another page, or read the keys of its certificates.
 * Source: Caddy's documentation, "API".
 */
export const gatewayAdmin: Rule<Server> = {
  name: 'gateway-administration-not-exposed',
  description: "The port of Caddy's admin API is not published.",
  check(server, resource) {
    const isGateway = imageName(server.image) === 'caddy';
    if (!isGateway || !(server.publishesAll || server.publications.some(({ port }) => port === ADMIN_PORT))) return [];
    return [
      {
        found: `publishes port ${ADMIN_PORT}, the admin API of Caddy, which requires no password`,
        allowed: 'ports of the page only',
        fix: `remove it from ${place(resource, 'publish', server.arguments.ports)}, and use docker exec`,
      },
    ];
  },
};

/**
 * No secret stands in a server's environment or labels.
 *
 * `docker inspect` shows it to everybody who may ask the engine, error reports carry it away, and every process in the container
 * inherits it. That Pulumi stores the value as a secret does not help there. Messages name the variable and never its value.
 * Source: Docker's documentation, "Secrets in Compose", on environment variables.
 */
export const clearSecrets: Rule<Server> = {
  name: 'no-secret-in-environment',
  description: 'Secrets reach a server in a file, not in its environment or labels.',
  check(server, resource) {
    const { project, section, stack } = resource;
    const namesOf = (entries: readonly (readonly [name: string, value: string])[]) => entries.map(([name]) => name);
    const inLabels = namesOf(Object.entries(server.labels).filter(([name, value]) => optionLooksSecret(name, value)));
    const violations: Violation[] =
      inLabels.length === 0
        ? []
        : [
            {
              found: `has a secret in its labels: ${listed(inLabels)}`,
              allowed: 'labels without secrets',
              fix: 'remove it, and give the secret to the program that reads the label, in a separate file or variable',
            },
          ];
    const exposed = namesOf(server.env.filter(([name, value]) => looksSecret(name, value)));
    if (exposed.length === 0) return violations;
    return [
      ...violations,
      {
        found: `has a secret in its environment: ${listed(exposed)}`,
        allowed: 'secrets in a file that only its owner can read',
        fix:
          section === 'webui'
            ? `pulumi config set --stack ${stack} --secret --path ${project}:webui.env.${exposed[0]}, and the same for each: then all variables go into such a file`
            : `set it in ${server.arguments.secretFiles}, and read it from there where the program starts`,
      },
    ];
  },
};
