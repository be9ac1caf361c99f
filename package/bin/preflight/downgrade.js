import * as pulumi from '@pulumi/pulumi';
import { imageName, parseImage } from '../core/images.js';
import { sourceOf, storageOf, storageText } from '../core/storage.js';
import { ofStackFile } from './origin.js';
function release(image) {
    const [, major, minor] = /^v?(\d+)\.(\d+)(?!\d)/.exec(parseImage(image).tag ?? '') ?? [];
    return imageName(image) === 'valkey' && minor !== undefined ? [Number(major), Number(minor)] : undefined;
}
const settingOf = (data, section) => `${section}.${'folder' in data ? 'folder' : 'volume'}`;
export function requireNoDowngrade(valkey, present) {
    const data = storageOf(valkey);
    const old = present.find(({ kind, role, volumes }) => kind === 'container' && role !== 'archive' && volumes.includes(sourceOf(data)));
    const [before, after] = [release(old?.image ?? ''), release(valkey.image)];
    if (!old || !before || !after)
        return;
    if (after[0] > before[0] || (after[0] === before[0] && after[1] >= before[1]))
        return;
    throw new pulumi.RunError(`valkey.image is ${valkey.image}, and ${old.image} runs on the ${storageText(data)}: an older release may misread what a newer one wrote. Nothing was created or changed.\n` +
        `  to do: set valkey.image to Valkey ${before.join('.')} or newer; or start without this data, with another ${settingOf(data, 'valkey')}\n`);
}
export function requireReadable(webui, unknown, { restore } = ofStackFile().commands) {
    if (unknown.length === 0)
        return;
    const data = storageOf(webui);
    throw new pulumi.RunError(`webui.image is ${webui.image}, and a newer release wrote the database in the ${storageText(data)}: it has the revision ${unknown.join(', ')}, which this image does not know, and it cannot be downgraded. Nothing was created or changed.\n` +
        `  to do: set webui.image to the release that last used it, or a newer one; or start without this data, with another ${settingOf(data, 'webui')}; or, with a backup of the older release, ${restore('FILE')}\n`);
}
