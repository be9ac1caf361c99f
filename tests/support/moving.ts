/** A user who has an Open WebUI, and moves it into a stack by the commands that are printed. */

import { randomBytes } from 'node:crypto';
import { until } from '../../core/until.ts';
import { WEBUI_PORT } from '../../core/webui.ts';
import { Session } from '../../ops/webui.ts';
import type { ComposeProject } from './composeProject.ts';
import type { Deployment } from './deployment.ts';
import { docker, labelOf } from './docker.ts';
import { download, upload } from './people.ts';

const ANN = { name: 'Ann', email: 'ann@example.com', password: 'a password of hers' };
/** By which `npm run up` signs in on the moved web UI. */
export const VERIFY = { OPEN_WEBUI_EMAIL: ANN.email, OPEN_WEBUI_PASSWORD: ANN.password };
export const TITLE = 'from before the move';
const CONTENT = new Uint8Array(randomBytes(100_000));

/** The commands of a part of what was printed. */
function commands(text: string, from: string, to: string): string[] {
  const [, part = ''] = text.split(from);
  return [...(part.split(to)[0] ?? '').matchAll(/^ {7}(.*)$/gm)].map(([, command = '']) => command);
}

/** The commands that lead to a stack. */
export const way = (text: string): string[] => commands(text, 'What to do', 'If it does not work');
/** The commands that lead back. */
export const wayBack = (text: string): string[] => commands(text, 'back to what was there', 'When it works');

export class Mover {
  readonly #deployment: Deployment;
  #token = '';
  #file = '';

  constructor(deployment: Deployment) {
    this.#deployment = deployment;
  }

  /** By her token, which is older than the stack. */
  session = (): Promise<Session> => Session.withToken(this.#deployment.origin, this.#token);

  /** Waits for the page; the first start takes long. */
  async page(): Promise<void> {
    const answers = () =>
      fetch(`${this.#deployment.origin}/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
    if (!(await until(answers, Boolean, { seconds: 240, everyMs: 500 }))) throw new Error('the page does not answer');
  }

  /** Signs up as the first user, writes a chat and uploads a file. */
  async begin(): Promise<void> {
    await this.page();
    const signup = await fetch(`${this.#deployment.origin}/api/v1/auths/signup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(ANN),
    });
    this.#token = ((await signup.json()) as { token: string }).token;
    const session = await this.session();
    await session.request('POST', '/api/v1/chats/new', { chat: { title: TITLE, messages: [] } });
    this.#file = await upload(session, 'kept.bin', CONTENT);
  }

  /** What is missing of what she had, by the token that she has had since then. */
  async missing(): Promise<string[]> {
    const session = await this.session();
    const chats = (await session.request('GET', '/api/v1/chats/?page=1')) as { title: string }[];
    const file = await download(session, this.#file);
    return [
      ...(chats.some(({ title }) => title === TITLE) ? [] : ['the chat']),
      ...(Buffer.compare(file, CONTENT) === 0 ? [] : ['the file']),
    ];
  }

  /** What a container gets from the web UI with her token, by a name that it has on their network. */
  from(container: string, host: string, path = '/health'): Promise<string> {
    const request = `GET ${path} HTTP/1.0\\r\\nAuthorization: Bearer ${this.#token}\\r\\n\\r\\n`;
    const script = `exec 3<>/dev/tcp/${host}/${WEBUI_PORT} && printf '${request}' >&3 && cat <&3`;
    return docker('exec', container, 'bash', '-c', script);
  }

  /** Containers of the test, with their state. */
  containers(): Promise<string> {
    const label = `label=${labelOf(this.#deployment.stack)}`;
    return docker('ps', '--all', '--no-trunc', '--filter', label, '--format', '{{.ID}} {{.Names}} {{.State}}');
  }

  /** Runs printed commands as a person does, with those of npm in this checkout. */
  async type(lines: readonly string[], compose?: ComposeProject): Promise<void> {
    for (const line of lines) {
      if (compose && line.startsWith('docker compose')) await compose.run(line, this.#deployment.dir);
      else {
        const own = line.replaceAll(/npm run (\w+) --/g, 'node cli/main.ts $1');
        await this.#deployment.succeed('sh', ['-c', own], VERIFY);
      }
    }
  }
}
