export const ulimitList = (ulimits = {}) => Object.entries(ulimits).map(([name, limit]) => typeof limit === 'number' ? { name, soft: limit, hard: limit } : { name, soft: limit.soft, hard: limit.hard });
export const gpuText = (gpus) => (typeof gpus === 'object' ? `"device=${gpus.join(',')}"` : String(gpus));
