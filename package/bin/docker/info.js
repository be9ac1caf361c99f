const TIMEOUT = 20_000;
export const readInfo = async (docker) => JSON.parse(await docker.run(['info', '--format', '{{json .}}'], { timeout: TIMEOUT }));
export const ALL_LIMITS = { memory: true, swap: true, processes: true };
export const limitsOf = ({ MemoryLimit, SwapLimit, PidsLimit }) => ({
    memory: MemoryLimit,
    swap: MemoryLimit && SwapLimit,
    processes: PidsLimit,
});
