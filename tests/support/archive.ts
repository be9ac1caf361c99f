/** What people have in a stack, and commands on all of it. */

import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Session } from '../../ops/webui.ts';
import type { Deployment } from './deployment.ts';
import { docker } from './docker.ts';
import { download, upload } from './people.ts';

const MEMBER = { name: 'Member', email: 'member@example.com', password: 'a password of her own' };

/** Something like the vector store: a database, and an index beside it that is no use without. */
const VECTORS = `
import os, sqlite3
folder = "/app/backend/data/vector_db/0f9c"
os.makedirs(folder)
database = sqlite3.connect("/app/backend/data/vector_db/chroma.sqlite3")
database.execute("create table embeddings (id text)")
database.execute("insert into embeddings values ('one')")
database.commit()
open(folder + "/data_level0.bin", "wb").write(bytes(range(256)) * 4096)
`;

const READ_VECTORS = `
import hashlib, sqlite3
data = "/app/backend/data/vector_db/"
print(sqlite3.connect(data + "chroma.sqlite3").execute("select id from embeddings").fetchall(),
      hashlib.sha256(open(data + "0f9c/data_level0.bin", "rb").read()).hexdigest())
`;

const inPython = (container: string, program: string) => docker('exec', container, 'python3', '-c', program);

/** What people had at some moment, and whether all of it is there. */
export class Belongings {
  readonly #life: Deployment;
  readonly #file = new Uint8Array(randomBytes(3_000_000));
  #fileId = '';
  #present: Session | undefined;
  #signedOut: Session | undefined;

  constructor(life: Deployment) {
    this.#life = life;
  }

  /** The member, however the stack is called in which she is now. */
  static member = (origin: string) => Session.signIn(origin, MEMBER.email, MEMBER.password);

  /** Makes another user with a chat, a file, vectors, and a token that is no longer good. */
  async make(): Promise<void> {
    const origin = `http://127.0.0.1:${this.#life.port}`;
    const administrator = await this.#life.administrator();
    await administrator.request('POST', '/api/v1/auths/add', {
      ...MEMBER,
      role: 'user',
      profile_image_url: '/user.png',
    });
    this.#present = await Belongings.member(origin);
    await this.#present.request('POST', '/api/v1/chats/new', { chat: { title: 'kept', messages: [] } });
    this.#fileId = await upload(this.#present, 'kept.bin', this.#file);
    await inPython(this.#life.webui, VECTORS);
    this.#signedOut = await Belongings.member(origin);
    await this.#signedOut.request('POST', '/api/v1/auths/signout');
  }

  /** The member by the token that she has had since {@link make}: Open WebUI allows 15 sign-ins in 3 minutes. */
  get member(): Session {
    if (!this.#present) throw new Error('nothing was made yet');
    return this.#present;
  }

  /** What is there now, in words that can be compared. `sameKey`: whether tokens of before can be good. */
  async seen({ port, webui }: Pick<Deployment, 'port' | 'webui'> = this.#life, { sameKey = true } = {}) {
    const origin = `http://127.0.0.1:${port}`;
    const member = sameKey ? this.member : await Belongings.member(origin);
    const chats = (await member.request('GET', '/api/v1/chats/')) as { title: string }[];
    const file = await download(member, this.#fileId);
    const accepted = (session: Session | undefined) =>
      session?.fetch('GET', '/api/v1/auths/').then(
        () => true,
        () => false,
      );
    return {
      chats: chats.map(({ title }) => title).sort(),
      file: Buffer.compare(file, this.#file) === 0,
      vectors: await inPython(webui, READ_VECTORS),
      ...(sameKey && {
        token: await accepted(this.#present),
        signedOutToken: await accepted(this.#signedOut),
      }),
    };
  }
}

/** Runs `npm run backup`; returns the archive, with its path from the deployment's folder. */
export async function backup(life: Deployment, ...args: string[]): Promise<string> {
  const { code, stderr } = await life.run('node', ['cli/main.ts', 'backup', '--stack', life.stack, ...args]);
  if (code !== 0) throw new Error(`backup ended with ${code}: ${stderr}`);
  return archives(life).at(-1) as string;
}

/** Archives of a deployment, in the order of time. */
export const archives = (life: Deployment): string[] =>
  readdirSync(join(life.dir, 'backups'))
    .sort()
    .map((name) => join(life.dir, 'backups', name));

export const restore = (life: Deployment, args: string[], env: Record<string, string> = {}) =>
  life.run('node', ['cli/main.ts', 'restore', '--stack', life.stack, ...args], env);
