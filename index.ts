import { Network, requireNetwork } from './components/network.ts';
import { OpenWebUI } from './components/openWebUI.ts';
import { Secrets } from './components/secrets.ts';
import { Valkey } from './components/valkey.ts';
import { publishedUrl } from './settings/page.ts';
import { readSettings } from './settings.ts';

const settings = readSettings();
await requireNetwork(settings.network);

const network = new Network('network', settings.network);
const valkey = new Valkey('valkey', { ...settings.valkey, networkName: network.networkName });
const secrets = new Secrets('secrets');
const webui = new OpenWebUI(
  'webui',
  {
    ...settings.webui,
    admin: { ...settings.webui.admin, password: secrets.adminPassword },
    sessionKey: secrets.sessionKey,
    networkName: network.networkName,
    redisUrl: valkey.redisUrl,
    websocketRedisUrl: valkey.websocketRedisUrl,
  },
  // Its check looks at Valkey, and a start without it waits for the next retry.
  { dependsOn: valkey },
);

/** Where people open the page. */
export const url = settings.webui.url;
/** Who signs in first. */
export const adminEmail = settings.webui.admin.email;
/** With what: `pulumi stack output adminPassword --show-secrets`. */
export const adminPassword = secrets.adminPassword;
export const networkName = network.networkName;
export const valkeyContainer = valkey.containerName;
export const valkeyVolume = valkey.volumeName;
export const webuiContainer = webui.containerName;
export const webuiVolume = webui.volumeName;
/** Address of Valkey inside the network. */
export const redisUrl = valkey.redisUrl;
/** For `npm run verify`: where the Docker host reaches the page, and how many server processes there are. */
export const publishedAt = publishedUrl(settings);
export const serverProcesses = settings.webui.processes;
