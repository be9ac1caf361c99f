import * as pulumi from '@pulumi/pulumi';
import { Network, OpenWebUI, Secrets, Valkey } from 'pulumi-open-webui';

const config = new pulumi.Config();
const stack = pulumi.getStack();
const ports = config.requireObject<Record<string, number>>('ports');

/** A web UI with a Valkey of its own: on a common one the teams would get each other's events. */
function chat(team: string, port: number) {
  const { networkName } = new Network(`${team}-network`, { name: `${team}-${stack}` });
  const secrets = new Secrets(`${team}-secrets`);
  const valkey = new Valkey(`${team}-valkey`, {
    name: `${team}-valkey-${stack}`,
    volume: `${team}-valkey-${stack}`,
    image: config.get('valkeyImage'),
    networkName,
    passwords: { application: secrets.valkeyPassword, operator: secrets.operatorPassword },
  });
  new OpenWebUI(`${team}-webui`, {
    name: `${team}-webui-${stack}`,
    volume: `${team}-webui-${stack}`,
    image: config.get('webuiImage'),
    networkNames: [networkName],
    redisUrl: valkey.redisUrl,
    websocketRedisUrl: valkey.websocketRedisUrl,
    publish: { port },
    admin: { email: `admin@${team}.example.com`, password: secrets.adminPassword },
    sessionKey: secrets.sessionKey,
    env: { WEBUI_NAME: `Chat of ${team}` },
  });
  return { url: `http://127.0.0.1:${port}`, password: secrets.adminPassword };
}

/** Where each team finds its page, and the password of its administrator: `pulumi stack output teams --show-secrets`. */
export const teams = Object.fromEntries(Object.entries(ports).map(([team, port]) => [team, chat(team, port)]));
