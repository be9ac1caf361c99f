/** What people have in a web UI of each kind, as the web UI itself says it. */

import { Session } from '../../ops/webui.ts';
import { chroma, type Passage } from './chroma.ts';
import type { Deployment } from './deployment.ts';
import { docker } from './docker.ts';
import { download, upload } from './people.ts';

const ANN = { name: 'Ann 🦊', email: 'ann@example.com', password: 'a password of Ann' };
const BEN = { name: 'Ben', email: 'ben@example.com', password: 'a password of Ben' };

const HANDBOOK = [
  'Holidays are requested a month ahead, from the head of the team.',
  'Coffee machines on upper floors take beans only.',
  'Trains are booked in second class, flights need a reason.',
  'A laptop that is lost is reported within the hour.',
  'The key of the bicycle cellar hangs beside the door.',
];
const QUESTION = 'where is the key of the bicycle cellar';

const TOOL = `
class Tools:
    def clock(self) -> str:
        """Says the time"""
        return "noon"
`;

/** A chat with two answers to one question, and a file. */
const branched = (file: string) => ({
  title: 'Branches, „quotes“ and\ttabs',
  models: ['one', 'two'],
  history: {
    currentId: 'second',
    messages: {
      question: {
        ...{ id: 'question', parentId: null, childrenIds: ['first', 'second'], role: 'user' },
        content: 'Which one?\\n\n',
        files: [{ type: 'file', id: file, name: 'plan.bin' }],
        timestamp: 1_700_000_000,
      },
      first: {
        id: 'first',
        parentId: 'question',
        childrenIds: [],
        role: 'assistant',
        content: 'the first',
        model: 'one',
      },
      second: {
        id: 'second',
        parentId: 'question',
        childrenIds: [],
        role: 'assistant',
        content: 'the second 🎉',
        model: 'two',
      },
    },
  },
  messages: [],
});

const ROW = `
import sqlite3, sys, time
database = sqlite3.connect("/app/backend/data/webui.db", timeout=30)
knowledge, file, user = sys.argv[1:]
database.execute("insert into knowledge_file (id, knowledge_id, file_id, user_id, created_at, updated_at) values ('kf', ?, ?, ?, 1, 1)", [knowledge, file, user])
database.commit()
`;

type Json = Record<string, unknown>;

export class Possessions {
  readonly #life: Deployment;
  readonly #image: string;
  readonly #origin: () => string | Promise<string>;
  readonly #file = new TextEncoder().encode(HANDBOOK.join('\n'));
  #ids: Record<'chat' | 'file' | 'channel' | 'knowledge' | 'key', string> | undefined;
  #passages: string[] = [];

  /** @param origin where they look at it from now on. Default: where the web UI is published */
  constructor(life: Deployment, image: string, origin: () => string | Promise<string> = () => life.origin) {
    this.#life = life;
    this.#image = image;
    this.#origin = origin;
  }

  get ids() {
    if (!this.#ids) throw new Error('nothing was made yet');
    return this.#ids;
  }

  async make(): Promise<void> {
    const admin = await this.#life.administrator();
    const add = (person: typeof ANN) =>
      admin.request('POST', '/api/v1/auths/add', {
        ...person,
        role: 'user',
        profile_image_url: '/user.png',
      }) as Promise<{
        id: string;
      }>;
    const [ann, ben] = [await add(ANN), await add(BEN)];
    const create = async (path: string, body: Json) => ((await admin.request('POST', path, body)) as { id: string }).id;
    const group = await create('/api/v1/groups/create', { name: 'Readers', description: 'who reads', permissions: {} });
    await admin.request('POST', `/api/v1/groups/id/${group}/users/add`, { user_ids: [ann.id, ben.id] });
    const channel = await create('/api/v1/channels/create', { name: 'everybody', description: '' });
    await admin.request('POST', `/api/v1/channels/${channel}/messages/post`, { content: 'hello all', data: {} });
    await create('/api/v1/prompts/create', { command: 'greet', name: 'Greet', content: 'Say hello to {{name}}' });
    await create('/api/v1/tools/create', { id: 'clock', name: 'Clock', content: TOOL, meta: { description: 'time' } });
    const banner = {
      id: 'b',
      type: 'info',
      title: 'Since today',
      content: 'all moved',
      dismissible: true,
      timestamp: 1,
    };
    await admin.request('POST', '/api/v1/configs/banners', { banners: [banner] });
    const { api_key: key } = (await admin.request('POST', '/api/v1/auths/api_key')) as { api_key: string };

    const member = await this.#ann();
    const mine = async (path: string, body: Json) => ((await member.request('POST', path, body)) as { id: string }).id;
    const file = await upload(member, 'plan.bin', new Uint8Array(this.#file));
    const folder = await mine('/api/v1/folders/', { name: 'Work' });
    await mine('/api/v1/notes/create', { title: 'A note', data: { content: { md: '# Ä *note*', html: '<p>Ä</p>' } } });
    const chat = await mine('/api/v1/chats/new', { chat: branched(file), folder_id: folder });
    const document = await upload(admin, 'handbook.txt', new Uint8Array(this.#file));
    const knowledge = await create('/api/v1/knowledge/create', { name: 'Handbook', description: 'how we work' });
    const { id: owner } = (await admin.request('GET', '/api/v1/auths/')) as { id: string };
    // As the standard image does when a file comes into a knowledge base; this one has no libraries to read it.
    await docker('exec', this.#life.webui, 'python3', '-c', ROW, knowledge, document, owner);
    const passages = HANDBOOK.map((text, index): Passage => {
      const metadata = { name: 'handbook.txt', source: 'handbook.txt', file_id: document, start_index: index };
      return { id: `passage-${index}`, text, metadata };
    });
    const found = await chroma(
      { image: this.#image, data: this.#life.webui },
      {
        // The same ids in two collections, as Chroma allows and pgvector does not.
        add: { [knowledge]: passages, [`file-${document}`]: passages },
        ask: { [knowledge]: QUESTION },
      },
    );
    this.#passages = found[knowledge] as string[];
    this.#ids = { chat, file, channel, knowledge, key };
  }

  #ann = async () => Session.signIn(await this.#origin(), ANN.email, ANN.password);

  /** The passages that Chroma has found for a question, best first. */
  get chromas(): string[] {
    return this.#passages;
  }

  /** What the web UI finds for it. */
  async asked(): Promise<string[]> {
    const admin = await Session.withToken(await this.#origin(), this.ids.key);
    const { documents } = (await admin.request('POST', '/api/v1/retrieval/query/collection', {
      ...{ collection_names: [this.ids.knowledge], query: QUESTION, k: 3 },
    })) as { documents: string[][] };
    return documents[0] as string[];
  }

  /** Everything, by new sign-ins with the passwords of before. */
  async seen(): Promise<Json> {
    const [ann, ben] = [await this.#ann(), await Session.signIn(await this.#origin(), BEN.email, BEN.password)];
    const admin = await Session.withToken(await this.#origin(), this.ids.key);
    const get = (session: Session, path: string) => session.request('GET', path);
    const stable = (value: unknown): unknown =>
      JSON.parse(
        JSON.stringify(value, (key, one) =>
          /^(last_active_at|is_active|last_read_at|unread_count)$/.test(key) ? undefined : one,
        ),
      );
    const { channel, chat, file, knowledge } = this.ids;
    return stable({
      users: await get(admin, '/api/v1/users/all'),
      groups: [await get(ann, '/api/v1/groups/'), await get(ben, '/api/v1/groups/')],
      chats: [await get(ann, '/api/v1/chats/'), await get(ann, `/api/v1/chats/${chat}`)],
      folders: await get(ann, '/api/v1/folders/'),
      notes: await get(ann, '/api/v1/notes/'),
      file: Buffer.from(await download(ann, file)).toString(),
      channel: await get(admin, `/api/v1/channels/${channel}/messages`),
      knowledge: [
        await get(admin, `/api/v1/knowledge/${knowledge}`),
        await get(admin, `/api/v1/knowledge/${knowledge}/files`),
      ],
      prompts: await get(admin, '/api/v1/prompts/'),
      tools: await get(admin, '/api/v1/tools/'),
      banners: await get(admin, '/api/v1/configs/banners'),
    }) as Json;
  }
}
