export const WEBUI_PORT = 8080;
export const WEBUI_DATA = '/app/backend/data';
export const HOST_ALIAS = 'host.docker.internal';
export const HOST_GATEWAY = 'host-gateway';
export const WEBUI_PROGRAM = ['/app/backend/start.sh', '/app/backend/open_webui'];
export const WEBUI_USER = { user: '1000', group: '1000' };
export const WEBUI_SECRETS = '/run/secrets/open-webui.env';
