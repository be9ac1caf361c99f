import { readInfo } from './info.js';
export async function identify(docker) {
    const { ID: id, Name: name = '', DockerRootDir: root = '' } = (await readInfo(docker).catch(() => undefined)) ?? {};
    return id ? { id: `${id} ${root}`.trim(), name } : undefined;
}
