import * as openwebui from '@pulumi/openwebui';
import * as pulumi from '@pulumi/pulumi';

const config = new pulumi.Config();

const chat = new openwebui.Deployment('chat', {
  valkey: { image: config.get('valkeyImage') },
  webui: {
    image: config.get('webuiImage'),
    publish: { port: config.requireNumber('port') },
    admin: { email: 'you@example.com' },
    env: { WEBUI_NAME: config.require('name') },
    secretEnv: { OPENAI_API_KEY: config.requireSecret('openaiKey') },
  },
});

/** Where people open the page, who signs in first, and with what: `pulumi stack output adminPassword --show-secrets`. */
export const { url, adminEmail, adminPassword, networks, servers, valkeyUrl, valkeyOperatorPassword } = chat;
