/** Chroma beside the web UI, as its standard image has it, and a model for embeddings. */

import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labelsOf } from '../../core/labels.ts';
import { connect } from '../../docker/client.ts';
import { requireMachine } from '../../setup/images/machine.ts';
import { downloadWheels } from '../../setup/images/wheels.ts';
import { cached, folder } from '../../system/cache.mjs';
import { capture } from '../../system/exec.mjs';
import type { Deployment } from './deployment.ts';
import { docker } from './docker.ts';

const SOURCE = join(__dirname, 'chroma');

/** Builds an image of the web UI that has Chroma as well; its wheels are kept. */
export async function imageWithChroma(base: string, name: string): Promise<void> {
  const engine = connect({});
  const log = cached('logs', 'chroma.log');
  const architecture = await requireMachine(engine, process.env);
  const building = { docker: engine, progress: () => {}, env: process.env, log, architecture };
  const wheels = cached('tests', `chroma-${architecture}`);
  await folder(wheels, (dir) => downloadWheels(join(SOURCE, 'requirements.lock'), dir, building));
  const context = mkdtempSync(join(tmpdir(), 'open-webui-chroma-'));
  try {
    cpSync(SOURCE, context, { recursive: true });
    cpSync(wheels, join(context, 'wheels'), { recursive: true });
    await docker('build', '--network', 'none', '--build-arg', `BASE=${base}`, '--tag', name, context);
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}

export interface Passage {
  id: string;
  text: string;
  metadata: Record<string, unknown>;
}

/** Adds passages to Chroma in a data volume, and asks it; returns the passages that it finds, best first. */
export async function chroma(
  { image, data }: { image: string; data: string },
  given: { add?: Record<string, Passage[]>; ask: Record<string, string> },
): Promise<Record<string, string[]>> {
  const mount = ['--volume', `${data}:/app/backend/data`];
  const { code, stdout, stderr } = await capture(
    'docker',
    ['run', '--rm', '--interactive', ...mount, '--entrypoint', 'python3', image, '/opt/test/passages.py'],
    { input: JSON.stringify(given) },
  );
  if (code !== 0) throw new Error(`Chroma: ${stderr.trim().split('\n').at(-1)}`);
  return JSON.parse(stdout) as Record<string, string[]>;
}

/** Variables of a web UI that uses the model. */
export const EMBEDDING = {
  RAG_EMBEDDING_ENGINE: 'openai',
  RAG_OPENAI_API_BASE_URL: 'http://embeddings:8000/v1',
  RAG_OPENAI_API_KEY: 'none-needed',
  RAG_EMBEDDING_MODEL: 'words',
};

/** Starts the model on the network of a stack; it goes with the stack. */
export async function startEmbedding({ stack, network }: Deployment, image: string): Promise<void> {
  const labels = Object.entries(labelsOf({ project: 'test', stack })).flatMap(([key, value]) => [
    '--label',
    `${key}=${value}`,
  ]);
  const place = ['--network', network, '--network-alias', 'embeddings'];
  const run = ['--entrypoint', 'python3', image, '/opt/test/embedding.py'];
  await docker('run', '--detach', '--name', `embeddings-${stack}`, ...labels, ...place, ...run);
}
