/** A client that reaches a gateway by the names of its domains, though no DNS knows them. */

import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import type { Socket } from 'socket.io-client';
import { Client as PageClient } from '../../bench/load/client.ts';
import { connect } from '../../docker/client.ts';
import { readStackFile } from '../../settings/file.ts';
import { provideImages } from '../../setup/images.ts';
import { root } from './checkout.ts';
import { docker } from './docker.ts';

/** The image of the gateway that is built where no registry answers. */
export const GATEWAY_IMAGE = readStackFile(join(root, 'Pulumi.local.yaml'), 'open-webui', 'local').gateway.image;

/** Builds it, where that has not been done yet: three minutes. */
export async function requireGatewayImage(): Promise<void> {
  const options = { root, env: process.env, docker: connect({}), progress: () => {} };
  const why = await provideImages([GATEWAY_IMAGE], options);
  if (why) throw new Error(why);
}

/** Reaches one address whatever the name is, and takes any certificate: what it is worth is asked elsewhere. */
export class Client extends PageClient {
  readonly #port: number;
  readonly #domain: string;

  /** @param address where the gateway is published. */
  constructor(port: number, domain: string, address = '127.0.0.1') {
    super({ origin: `https://${domain}:${port}`, address, anyCertificate: true });
    this.#port = port;
    this.#domain = domain;
  }

  /** Opens the websocket of the page. */
  connect(): Promise<Socket> {
    const socket = this.socket({ reconnection: false });
    return new Promise((resolve, reject) => {
      socket.once('connect', () => resolve(socket)).once('connect_error', reject);
    });
  }

  /** Serial number of the certificate that is shown now; undefined where none is. */
  serial(): Promise<string | undefined> {
    return new Promise((resolve) => {
      const socket = connectTls(
        { host: '127.0.0.1', port: this.#port, servername: this.#domain, rejectUnauthorized: false },
        () => {
          resolve(socket.getPeerCertificate().serialNumber);
          socket.destroy();
        },
      ).on('error', () => resolve(undefined));
    });
  }
}

/** Addresses from which a web UI has seen requests of a path come. */
export const seenFor = async (webui: string, path: string): Promise<string[]> =>
  [...(await docker('logs', webui)).matchAll(/([\d.]+):\d+ - "\w+ (\S+) HTTP/g)]
    .filter(([, , asked]) => asked === path)
    .map(([, address = '']) => address);
