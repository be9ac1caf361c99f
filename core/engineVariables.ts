/**
 * Variables that others read in the container's settings on the engine, and never the server in the container: nginx-proxy with its companion
 * for certificates, and the NVIDIA runtime. In a file of secrets nobody would find them.
 */
const FOR_OTHERS = /^(VIRTUAL_\w+|LETSENCRYPT_\w+|ACME_\w+|HTTPS_METHOD|NVIDIA_\w+)$/;

export const isForOthers = (name: string): boolean => FOR_OTHERS.test(name);
