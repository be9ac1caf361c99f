import { createHash } from 'node:crypto';
import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { providerLabels } from '../docker/networks.js';
const LONGEST = 64;
export function secretName(server, content) {
    const hash = createHash('sha256').update(content).digest('hex').slice(0, 16);
    return `${server.slice(0, LONGEST - hash.length - 1)}-${hash}`;
}
export const secretsOf = (name, { name: server, secretFiles = [], user = { user: '0', group: '0' } }, opts) => secretFiles.map(({ path, content }, index) => {
    const secret = new docker.Secret(`${name}-secret${index === 0 ? '' : `-${index}`}`, {
        name: pulumi.unsecret(content.apply((text) => secretName(server, text))),
        data: pulumi.secret(content.apply((text) => Buffer.from(text).toString('base64'))),
        labels: providerLabels(),
    }, pulumi.mergeOptions(opts, { deleteBeforeReplace: false, ignoreChanges: ['labels'] }));
    return {
        ...{ secretId: secret.id, secretName: secret.name, fileName: path },
        ...{ fileUid: user.user, fileGid: user.group, fileMode: 0o400 },
    };
});
