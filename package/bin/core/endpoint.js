export function endpointEnvironment({ address, certificates }, env) {
    const { DOCKER_CONTEXT: context, DOCKER_HOST: _, DOCKER_TLS_VERIFY: __, DOCKER_CERT_PATH: ___, ...rest } = env;
    if (!address)
        return context === 'default' ? { ...rest, DOCKER_CONTEXT: context } : rest;
    const tls = certificates ? { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: certificates } : {};
    return { ...rest, DOCKER_HOST: address, ...tls };
}
export const isRemote = ({ address }) => /^(tcp|ssh):/.test(address ?? '');
export const hostText = ({ address, context }) => context !== undefined ? `the Docker context ${context}` : (address ?? "this machine's default engine");
export const otherEngine = (stack, bound, found, by) => `The stack ${stack} is deployed on the engine of ${bound.name} (${bound.id}); ${by} points to the engine of ${found.name} (${found.id}).`;
export function tunnelCommand({ address = '' }, url) {
    const { hostname, port } = new URL(url);
    if (!address.startsWith('ssh://') || !/^(127\.|localhost$)/.test(hostname))
        return undefined;
    const { username, hostname: host, port: sshPort } = new URL(address);
    const to = `${username && `${username}@`}${host}`;
    return `ssh -N -L ${port}:${hostname}:${port} ${sshPort && `-p ${sshPort} `}${to}`;
}
