import * as pulumi from '@pulumi/pulumi';
import { Deployment } from 'pulumi-open-webui';

const config = new pulumi.Config();
const ports = config.requireObject<Record<string, number>>('ports');

/** A chat with a Valkey of its own: on a shared one the teams would get each other's events. */
function chat(team: string, port: number) {
  const { url, adminPassword } = new Deployment(team, {
    valkey: { image: config.get('valkeyImage') },
    webui: {
      image: config.get('webuiImage'),
      publish: { port },
      admin: { email: `admin@${team}.example.com` },
      env: { WEBUI_NAME: `Chat of ${team}` },
    },
  });
  return { url, password: adminPassword };
}

/** Where each team finds its page, and the password of its administrator: `pulumi stack output teams --show-secrets`. */
export const teams = Object.fromEntries(Object.entries(ports).map(([team, port]) => [team, chat(team, port)]));
