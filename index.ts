import * as pulumi from '@pulumi/pulumi';
import { bindToEngine, useEngine } from './preflight/engine.ts';
import { Network, requireNetwork } from './components/network.ts';
import { OpenWebUI } from './components/openWebUI/index.ts';
import { requireOwnership } from './preflight/names.ts';
import { Secrets } from './components/secrets.ts';
import { Valkey } from './components/valkey/index.ts';
import { beforeUpgrade } from './preflight/backup.ts';
import { claimsOf } from './preflight/claims.ts';
import { publishedUrl } from './settings/urls.ts';
import { requireNoDowngrade } from './preflight/downgrade.ts';
import { readSettings } from './settings/read.ts';

/** The program: settings in, components between, outputs out. */
export default async () => {
  const settings = readSettings();
  const opts = await useEngine(settings.engine);
  const [present] = await Promise.all([
    requireOwnership(claimsOf(settings, pulumi.getProject()), settings.engine),
    requireNetwork(settings.network, opts),
  ]);
  requireNoDowngrade(settings.valkey, present);
  await bindToEngine(settings.engine);

  const secrets = new Secrets('secrets');
  await beforeUpgrade(settings, present, settings.valkey.auth ? secrets.operatorPassword : '');

  const { hardening } = settings;
  const { networkName } = new Network('network', settings.network, opts);
  // Strict: Valkey has nothing to say to anybody but the web UI.
  const valkeyNetwork =
    hardening === 'strict'
      ? new Network('internal', { name: settings.network.internalName, external: false, internal: true }, opts)
          .networkName
      : networkName;
  const valkey = new Valkey(
    'valkey',
    {
      ...settings.valkey,
      passwords: settings.valkey.auth
        ? { application: secrets.valkeyPassword, operator: secrets.operatorPassword }
        : undefined,
      hardening,
      networkName: valkeyNetwork,
    },
    opts,
  );
  const webui = new OpenWebUI(
    'webui',
    {
      ...settings.webui,
      admin: { ...settings.webui.admin, password: secrets.adminPassword },
      sessionKey: secrets.sessionKey,
      hardening,
      networkNames: [...new Set([networkName, valkeyNetwork])],
      redisUrl: valkey.redisUrl,
      websocketRedisUrl: valkey.websocketRedisUrl,
    },
    opts,
  );

  return {
    /** Where people open the page, who signs in first, and with what. */
    url: settings.webui.url,
    adminEmail: settings.webui.admin.email,
    adminPassword: secrets.adminPassword,
    networkName,
    valkeyContainer: valkey.containerName,
    valkeyVolume: valkey.volumeName,
    webuiContainer: webui.containerName,
    webuiVolume: webui.volumeName,
    /** Address of Valkey inside the network; secret when it holds a password. */
    redisUrl: valkey.redisUrl,
    /** For `ops/`: the password of the user `operator` in Valkey; empty when Valkey asks for none. */
    operatorPassword: settings.valkey.auth ? secrets.operatorPassword : '',
    /** Likewise: where the Docker host reaches the page, and how many server processes there are. */
    publishedAt: publishedUrl(settings),
    serverProcesses: settings.webui.processes,
    host: settings.host,
  };
};
