const FOR_OTHERS = new RegExp(`^(${[
    ...['VIRTUAL_\\w+', 'HTTPS_METHOD', 'HSTS', 'NETWORK_ACCESS', 'CERT_NAME', 'SSL_POLICY', 'SERVER_TOKENS'],
    ...['ENABLE_HTTP_ON_MISSING_CERT', 'LETSENCRYPT_\\w+', 'ACME_\\w+', 'SELF_SIGNED_HOST', 'NVIDIA_\\w+'],
].join('|')})$`);
export const isForOthers = (name) => FOR_OTHERS.test(name);
