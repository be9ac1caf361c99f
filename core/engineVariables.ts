/**
 * Variables that others read in the container's settings on the engine, and (but for HSTS) never the server in the container: nginx-proxy with
 * its companions for certificates, and the NVIDIA runtime. In a file of secrets they would be missed.
 */
const FOR_OTHERS = new RegExp(
  `^(${[
    ...['VIRTUAL_\\w+', 'HTTPS_METHOD', 'HSTS', 'NETWORK_ACCESS', 'CERT_NAME', 'SSL_POLICY', 'SERVER_TOKENS'],
    ...['ENABLE_HTTP_ON_MISSING_CERT', 'LETSENCRYPT_\\w+', 'ACME_\\w+', 'SELF_SIGNED_HOST', 'NVIDIA_\\w+'],
  ].join('|')})$`,
);

export const isForOthers = (name: string): boolean => FOR_OTHERS.test(name);
