/** Open WebUI as its image has it. */

/** Port of the server inside its container. */
export const WEBUI_PORT = 8080;

/** Folder with all of its data. */
export const WEBUI_DATA = '/app/backend/data';

/** Host name of the Docker host inside the container. */
export const HOST_ALIAS = 'host.docker.internal';

/** The address that the engine replaces by its host's. */
export const HOST_GATEWAY = 'host-gateway';

/** Files and folders that are the program: nothing may stand in their place. Further down there are files that may, such as icons. */
export const WEBUI_PROGRAM = ['/app/backend/start.sh', '/app/backend/open_webui'];

/** User and group of a strict deployment, as numbers: they need no name in the image. */
export const WEBUI_USER = { user: '1000', group: '1000' };

/** File with the secret variables, which `docker inspect` must not show. */
export const WEBUI_SECRETS = '/run/secrets/open-webui.env';
