/** Limits of processes and devices of a container, as stack files and components write them. */

/** Limits of the kernel for each process, by their names: one number, or what a process starts with and how far it may raise that. -1: none. */
export type Ulimits = Readonly<Record<string, number | { readonly soft: number; readonly hard: number }>>;

/** NVIDIA GPUs: all, a number of them, or their ids. */
export type Gpus = 'all' | number | readonly string[];

export const ulimitList = (ulimits: Ulimits = {}): { name: string; soft: number; hard: number }[] =>
  Object.entries(ulimits).map(([name, limit]) =>
    typeof limit === 'number' ? { name, soft: limit, hard: limit } : { name, soft: limit.soft, hard: limit.hard },
  );

/** GPUs as docker run and the provider read them: without the quotes, the second id of a list would be a number of GPUs. */
export const gpuText = (gpus: Gpus): string => (typeof gpus === 'object' ? `"device=${gpus.join(',')}"` : String(gpus));
