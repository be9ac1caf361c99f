/** Where a Docker engine answers. */

/** An engine, as a stack file names it. */
export interface Place {
  /** `unix://`, `npipe://`, `tcp://` or `ssh://`. */
  address?: string | undefined;
  /** Folder with ca.pem, cert.pem and key.pem, for `tcp://`; may begin with `~/`. */
  certificates?: string | undefined;
  /** Docker context, in place of the other two. */
  context?: string | undefined;
}

/** The engine of a stack: that of the node with its data, where it runs on Swarm. */
export interface Host extends Place {
  /** A manager of the Swarm in which that engine is a worker. Default: the engine is a manager itself, where it is in a Swarm */
  manager?: Place | undefined;
}

/** An engine as this machine reaches it. Without an address: this machine's default socket. */
export interface Endpoint {
  address?: string | undefined;
  /** Folder with ca.pem, cert.pem and key.pem; an absolute path. */
  certificates?: string | undefined;
  /** A manager of the Swarm in which the engine is a worker. */
  manager?: Endpoint | undefined;
}

/** An engine by what it says of itself. */
export interface EngineId {
  /** Its id and its data folder: unique, and kept for the life of its data. */
  id: string;
  /** Name of its host. */
  name: string;
}

type Environment = Record<string, string | undefined>;

/**
 * The environment in which the docker command and Pulumi's provider reach an engine.
 *
 * @param env from which an endpoint without an address was resolved: its context is the default one.
 */
export function endpointEnvironment({ address, certificates }: Endpoint, env: Environment): Environment {
  const { DOCKER_CONTEXT: context, DOCKER_HOST: _, DOCKER_TLS_VERIFY: __, DOCKER_CERT_PATH: ___, ...rest } = env;
  // `default` is the default socket, whatever context is in use. Not set where it need not be: without a folder of contexts, the provider
  // does not know it.
  if (!address) return context === 'default' ? { ...rest, DOCKER_CONTEXT: context } : rest;
  const tls = certificates ? { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: certificates } : {};
  return { ...rest, DOCKER_HOST: address, ...tls };
}

/** Whether an engine is on another machine, as far as its address tells. */
export const isRemote = ({ address }: Endpoint): boolean => /^(tcp|ssh):/.test(address ?? '');

/** A stack's engine in words, as its file names it. */
export const hostText = ({ address, context }: Host): string =>
  context !== undefined ? `the Docker context ${context}` : (address ?? "this machine's default engine");

/** The endings of an error about a stack that is on another engine than the one that answers. */
export const otherEngine = (stack: string, bound: EngineId, found: EngineId, by: string): string =>
  `The stack ${stack} is deployed on the engine of ${bound.name} (${bound.id}); ${by} points to the engine of ${found.name} (${found.id}).`;

/**
 * The command that forwards a page which is published on the loopback address of a host behind ssh; undefined when the page needs none.
 */
export function tunnelCommand({ address = '' }: Endpoint, url: string): string | undefined {
  const { hostname, port } = new URL(url);
  if (!address.startsWith('ssh://') || !/^(127\.|localhost$)/.test(hostname)) return undefined;
  const { username, hostname: host, port: sshPort } = new URL(address);
  const to = `${username && `${username}@`}${host}`;
  return `ssh -N -L ${port}:${hostname}:${port} ${sshPort && `-p ${sshPort} `}${to}`;
}
