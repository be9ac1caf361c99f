import { execFile } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { promisify } from 'node:util';
import { STACK_LABEL } from '../../core/labels.ts';
import { until } from '../../core/until.ts';

export { freePort } from '../../system/ports.mjs';

const execute = promisify(execFile);

/** An address at which containers of every network reach this machine: any that is not its loopback. */
export function addressForContainers(): string {
  const address = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')?.address;
  if (address === undefined) throw new Error('this machine has no address that a container could reach');
  return address;
}

/** Output of a docker command, to the engine that the test's own environment names; an error shows what it printed. */
export async function docker(...args: string[]): Promise<string> {
  return (await execute('docker', args, { env: process.env, maxBuffer: 64 * 1024 * 1024 })).stdout.trim();
}

/** Sends a signal by a script in a container. One that kills its server may end the container before the script has. */
export async function signalBy(script: string, container: string, name: string): Promise<void> {
  await docker('exec', container, 'sh', '-c', script).catch((error: { code?: unknown }) => {
    if (name !== 'KILL' || error.code !== 137) throw error;
  });
}

const lines = (text: string) => text.split('\n').filter(Boolean);

// biome-ignore lint/suspicious/noExplicitAny: the engine's own JSON, of which each test reads another part
export async function inspect(kind: 'container' | 'volume' | 'network', name: string): Promise<any> {
  return JSON.parse(await docker(kind, 'inspect', name))[0];
}

/** One command to Valkey as one of its users, from inside a container that has valkey-cli; returns the answer. */
export async function valkeyAs(
  { container, host = '127.0.0.1', database }: { container: string; host?: string; database?: number },
  user: { name: string; password: string } | undefined,
  ...words: string[]
): Promise<string> {
  const first = [
    ...(user ? [['AUTH', user.name, user.password]] : []),
    ...(database ? [['SELECT', `${database}`]] : []),
  ];
  const lines = [...first, words].map((line) => line.map((word) => JSON.stringify(word)).join(' '));
  const child = execute('docker', ['exec', '-i', container, 'valkey-cli', '-h', host], { env: process.env });
  child.child.stdin?.end(`${lines.join('\n')}\n`);
  const { stdout } = await child;
  return stdout.replace(new RegExp(`^(OK\n){${first.length}}`), '').trim();
}

/** The label by which a test finds again what it has made for a stack. */
export const labelOf = (stack: string): string => `${STACK_LABEL}=${stack}`;

const byLabel = (stack: string) => ['--filter', `label=${labelOf(stack)}`];

/** Names of everything on the engine that belongs to a stack. */
export async function objectsOf(stack: string) {
  const list = async (...args: string[]) => lines(await docker(...args, ...byLabel(stack))).sort();
  return {
    containers: await list('ps', '--all', '--format', '{{.Names}}'),
    networks: await list('network', 'ls', '--format', '{{.Name}}'),
    volumes: await list('volume', 'ls', '--format', '{{.Name}}'),
  };
}

/**
 * Removes everything on the engine that belongs to a stack. Two test runs may do that at once with what a third one has left, so what is
 * gone already is no failure.
 */
export async function removeObjectsOf(stack: string): Promise<void> {
  const remove = async () => {
    const { containers, networks, volumes } = await objectsOf(stack);
    if (containers.length > 0) await docker('rm', '--force', '--volumes', ...containers);
    if (networks.length > 0) await docker('network', 'rm', ...networks);
    if (volumes.length > 0) await docker('volume', 'rm', ...volumes);
  };
  const failure = await until(
    () => remove().catch((error: Error) => error),
    (error) => error === undefined,
    { seconds: 10, everyMs: 500 },
  );
  if (failure) throw failure;
}

/** Whether a process with that id runs. */
export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A stack name that no other run uses, with the process that made it. */
export const testStack = (topic: string) => `test-${process.pid}-${topic}`;

/** Fails with a clear message where there is no engine or no Pulumi, and removes what killed test runs have left. */
export async function requireEngine(): Promise<void> {
  for (const program of ['docker', 'pulumi']) {
    await execute(program, ['version']).catch((error: Error) => {
      throw new Error(`These tests need a Docker engine and Pulumi; npm test sets both up.\n${error.message}`);
    });
  }
  const labels = await Promise.all(
    [
      ['ps', '--all'],
      ['network', 'ls'],
      ['volume', 'ls'],
    ].map((args) => docker(...args, '--format', `{{.Label "${STACK_LABEL}"}}`)),
  );
  for (const stack of new Set(lines(labels.join('\n')))) {
    const pid = /^test-(\d+)-/.exec(stack)?.[1];
    if (pid && !alive(Number(pid))) await removeObjectsOf(stack);
  }
}
