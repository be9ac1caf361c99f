const TIMEOUT = 20_000;
export async function readLog(docker, container, lines) {
    const tail = lines === undefined ? [] : ['--tail', String(lines)];
    const { code, all, stderr } = await docker.capture(['logs', ...tail, container], { timeout: TIMEOUT });
    if (code === 0)
        return { text: all };
    const said = stderr
        .trim()
        .split('\n')
        .at(-1)
        ?.replace(/^Error response from daemon: /, '');
    return { text: '', unreadable: said || 'the engine did not answer' };
}
