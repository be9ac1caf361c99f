import * as pulumi from '@pulumi/pulumi';
import { sourceOf, storageOf, storageText } from '../core/storage.js';
import { ofStackFile } from './origin.js';
const isFolder = (source) => source.startsWith('/');
export function requireProtectedData(servers, present, { up } = ofStackFile().commands) {
    for (const [section, server] of Object.entries(servers)) {
        const data = storageOf(server);
        const now = present.find(({ kind, name }) => kind === 'container' && name === server.name);
        const involvesFolder = 'folder' in data || now?.volumes.some(isFolder);
        if (!server.protectData || !now || !involvesFolder || now.volumes.includes(sourceOf(data)))
            continue;
        throw new pulumi.RunError(`${server.name} would start with the ${storageText(data)}, and its data is elsewhere (${now.volumes.join(', ')}) and protected. Nothing was created or changed.\n` +
            `  to do: name that in ${section}.folder or ${section}.volume; or set ${section}.protectData: false, ${up}, then try again\n`);
    }
}
