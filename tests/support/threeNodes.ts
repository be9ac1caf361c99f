/** A stack on a Swarm of three nodes: three web UIs, Postgres, a gateway, and uploaded files in a bucket. The manager has the data. */

import { BALANCER, DATABASE_IMAGE, Deployment, IMAGES } from './deployment.ts';
import type { Noticed } from './faults.ts';
import { Client, GATEWAY_IMAGE, requireGatewayImage } from './gateway.ts';
import { during, Listeners, settledOn, wellOn } from './replicas.ts';
import { type S3, startS3 } from './s3.ts';
import { type SwarmNode, SwarmNodes } from './swarmNodes.ts';

export const PORTS = { http: 25080, https: 25443 };

/** Of the web UI. */
export const REPLICAS = 3;

export const BUCKET = 'example-chat';

/** Requests a second while something is done, and seconds after which one has failed. */
const RATE = 4;
const PATIENCE = 60;

/** Browsers that are open meanwhile. */
const BROWSERS = 6;

const CONTENT = 'written before a node was lost';
const TITLE = 'a chat from before a node was lost';

/** Whether a line of the kernel's says that the gateway has a connection to port 8080, which it keeps for a websocket alone. */
const isFromGateway = (line: string): boolean => /^ *\d+: \w+:1F90 (?!0100007F)\w+:\w+ 01 /.test(line);

export class ThreeNodes {
  readonly swarm: SwarmNodes;
  readonly s3: S3;
  readonly life: Deployment;
  /** A browser that reaches the gateway. */
  readonly client: Client;
  /** Name of the web UI's service. */
  readonly webui: string;
  /** Ids of the uploaded file and of the chat. */
  #file = '';
  #chat = '';
  /** Of a session that was signed out. */
  #signedOut = '';

  private constructor(swarm: SwarmNodes, s3: S3, life: Deployment) {
    this.swarm = swarm;
    this.s3 = s3;
    this.life = life;
    this.webui = life.webui;
    this.client = new Client(PORTS.https, 'chat.test', swarm.manager.address);
    const { publish: _, ...page } = life.config.webui;
    Object.assign(life.config, {
      ...{ host: swarm.manager.tls, platform: 'swarm' },
      webui: { ...page, replicas: REPLICAS, healthcheck: { startPeriod: '5m' } },
      database: { kind: 'postgres', image: DATABASE_IMAGE },
      storage: { kind: 's3', bucket: BUCKET, endpoint: s3.endpoint, accessKey: s3.accessKey },
      gateway: { image: GATEWAY_IMAGE, domain: 'chat.test', tls: 'internal', publish: PORTS, waitTimeout: '5m' },
    });
  }

  /**
   * Starts the engines and the bucket; nothing of the stack is there yet.
   *
   * @param inMemory nodes whose disks can be filled, counted from 1.
   * @param highAvailability whether there is a Valkey on each node. Default: one, on the manager
   */
  static async start(
    topic: string,
    { inMemory = [], highAvailability = false }: { inMemory?: readonly number[]; highAvailability?: boolean } = {},
  ): Promise<ThreeNodes> {
    await requireGatewayImage();
    const images = [...Object.values(IMAGES), DATABASE_IMAGE, GATEWAY_IMAGE, ...(highAvailability ? [BALANCER] : [])];
    const swarm = await SwarmNodes.start({ images, inMemory });
    let s3: S3 | undefined;
    try {
      s3 = await startS3({ address: swarm.outside });
      s3.bucket(BUCKET);
      const life = await Deployment.create(topic);
      const nodes = new ThreeNodes(swarm, s3, life);
      if (highAvailability)
        life.config.valkey = { ...life.config.valkey, highAvailability, balancer: { image: BALANCER } };
      await life.setSecret('storage.secretKey', s3.secretKey);
      return nodes;
    } catch (error) {
      s3?.stop();
      await swarm.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.client.close();
    await this.life.remove();
    this.s3.stop();
    await this.swarm.stop();
  }

  /** Signs the administrator in; the client is theirs from then on. The page refuses more than fifteen sign-ins in three minutes. */
  async signIn(): Promise<void> {
    const { adminEmail, adminPassword } = await this.life.outputs();
    await this.client.signIn(adminEmail, adminPassword);
  }

  /** Waits until there are so many web UIs on nodes, all well, and no other; returns how many each has. */
  async settled(nodes: readonly SwarmNode[] = this.swarm.nodes, count = REPLICAS): Promise<number[]> {
    return (await settledOn(nodes, this.webui, count)).map(({ length }) => length);
  }

  /** Has one web UI on each node: Swarm leaves them where they are when a node comes back. */
  async spread(): Promise<void> {
    const { nodes } = this.swarm;
    // Swarm starts another one on a node that has none.
    for (let counts = await this.settled(); counts.includes(0); counts = await this.settled()) {
      const crowded = nodes[counts.findIndex((count) => count > 1)] as SwarmNode;
      crowded.docker('stop', wellOn(crowded, this.webui)[0] as string);
    }
  }

  /** Opens browsers, of which each web UI has some. */
  async #listen(): Promise<Listeners> {
    const { swarm, webui } = this;
    const all = swarm.nodes.flatMap((node) => wellOn(node, webui).map((id) => ({ node, id })));
    const listeners = await Listeners.open(this.client, BROWSERS);
    const counts = all.map(
      ({ node, id }) => node.docker('exec', id, 'cat', '/proc/net/tcp').split('\n').filter(isFromGateway).length,
    );
    if (counts.every((count) => count > 0)) return listeners;
    listeners.close();
    throw new Error(`the web UIs have ${counts.join(', ')} of the websockets`);
  }

  /** What people notice of requests and events while something is done. */
  async noticed(work: () => Promise<unknown>): Promise<Omit<Noticed, 'seconds'> & { failures: string[] }> {
    const listeners = await this.#listen();
    const load = { client: this.client, rate: RATE, patience: PATIENCE };
    let requests = { asked: 0, failed: [] as string[] };
    try {
      const events = await listeners.during(async () => {
        requests = await during(load, work);
      });
      const { asked, failed } = requests;
      return { requests: { of: asked, lost: failed.length }, events, failures: failed };
    } finally {
      listeners.close();
    }
  }

  /** Id of the web UI on a node that has one. */
  instanceOn(node: SwarmNode): string {
    const [id] = wellOn(node, this.webui);
    if (id === undefined) throw new Error(`${node.name} has no web UI that is well`);
    return id;
  }

  /** What a web UI answers itself, past the gateway. @throws Error for every answer but a success. */
  ask(node: SwarmNode, instance: string, path: string, ...args: string[]): string {
    const curl = ['curl', '--silent', '--show-error', '--fail', '--max-time', '60'];
    const header = ['--header', `authorization: Bearer ${this.client.token}`];
    return node.docker('exec', instance, ...curl, ...header, ...args, `http://127.0.0.1:8080${path}`);
  }

  /** Uploads a file to the web UI on a node; returns its id. @throws Error when it is refused. */
  uploadOn(node: SwarmNode, content: string): string {
    const form = ['--form', `file=${content};filename=notes.txt`];
    const { id } = JSON.parse(this.ask(node, this.instanceOn(node), '/api/v1/files/?process=false', ...form));
    return id as string;
  }

  /** Uploads a file through the gateway; returns its id. @throws Error when it is refused. */
  async upload(content: string): Promise<string> {
    const boundary = 'between-the-parts-of-a-form';
    const head = 'Content-Disposition: form-data; name="file"; filename="notes.txt"\r\nContent-Type: text/plain';
    const { status, body } = await this.client.ask('/api/v1/files/?process=false', {
      method: 'POST',
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
      body: `--${boundary}\r\n${head}\r\n\r\n${content}\r\n--${boundary}--\r\n`,
    });
    if (status !== 200) throw new Error(`the upload was answered ${status}: ${body}`);
    return (JSON.parse(body) as { id: string }).id;
  }

  /** Leaves a chat, a file that one web UI has taken, and a session that was signed out. */
  async leave(): Promise<void> {
    const { client, swarm } = this;
    await this.signIn();
    this.#signedOut = client.token as string;
    await client.request('POST', '/api/v1/auths/signout');
    await this.signIn();
    const chat = await client.request('POST', '/api/v1/chats/new', { chat: { title: TITLE } });
    this.#chat = (chat as { id: string }).id;
    this.#file = this.uploadOn(swarm.nodes.at(-1) as SwarmNode, CONTENT);
    expect(this.s3.keys(BUCKET)).toEqual([`${this.webui}/${this.#file}_notes.txt`]);
  }

  /** Fails unless all of that is there, the file by each of the web UIs on the nodes. */
  async expectAllThere(nodes: readonly SwarmNode[] = this.swarm.nodes): Promise<void> {
    const { client, webui } = this;
    const found = nodes.flatMap((node) =>
      wellOn(node, webui).map((instance) => this.ask(node, instance, `/api/v1/files/${this.#file}/content`)),
    );
    expect(found).toEqual(Array.from({ length: REPLICAS }, () => CONTENT));
    expect(await client.request('GET', `/api/v1/chats/${this.#chat}`)).toMatchObject({ chat: { title: TITLE } });
    const headers = { authorization: `Bearer ${this.#signedOut}` };
    expect((await client.ask('/api/v1/auths/', { headers })).status).toBe(401);
  }

  /** Fails with what `verify` does not find well. */
  async expectVerified(): Promise<void> {
    const { checks, check } = await this.life.verify();
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(check('subscriptions')?.detail).toMatch(/^3 of 3 server processes/);
    expect(check('files')?.detail).toContain(BUCKET);
  }

  /** What a command of the project prints. @throws Error with all of that, when it fails. */
  async command(name: string, ...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.life.command(name, args);
    if (code !== 0) throw new Error(`${name} ended with ${code}:\n${stdout}\n${stderr}`);
    return stdout + stderr;
  }
}
