/** Addresses in variables that mean another machine than their writer thinks. */

import { imageName, parseImage } from '../../core/images.ts';
import { HOST_ALIAS as HOST } from '../../core/webui.ts';
import { VARIABLES } from '../../core/webuiVariables.ts';
import type { Problem } from '../problems.ts';
import type { Rule } from '../rule.ts';
import type { Checked } from '../schema.ts';

const LOOPBACK = String.raw`(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]|0\.0\.0\.0)`;

/** A loopback address inside of a longer text; its scheme and credentials come first. */
const IN_ADDRESS = new RegExp(
  String.raw`(\b[a-z][a-z0-9+.-]*:\/\/(?:[^\s/@;,"']*@)?)${LOOPBACK}(?=[:/?#;,"'\s]|$)`,
  'gi',
);
/** A value that is a host, with or without a port. */
const IS_HOST = new RegExp(String.raw`^${LOOPBACK}(?=:\d+$|$)`, 'i');

/** Names of variables with addresses of servers, and of proxies, that the web UI itself opens. */
const SERVER = /(UR[IL]S?|ENDPOINTS?|PROXY|CONNECTIONS)$/i;
const SERVER_HOST = /_HOSTS?$/;
/** Addresses that a browser opens, and addresses that the wiring owns: another rule has them. */
const NOT_OPENED = /REDIRECT_UR[IL]$|^WEBUI_URL$|NO_PROXY$|(^|_)REDIS_URL$/i;

/** Whether a variable has addresses that the web UI opens. */
export const opensServer = (name: string): boolean => SERVER.test(name) && !NOT_OPENED.test(name);
/**
 * Whether a variable has the name of a host to which the web UI connects: one that it reads. Those of other programs may say where these listen,
 * as OLLAMA_HOST does.
 */
export const opensHost = (name: string): boolean => SERVER_HOST.test(name) && VARIABLES.includes(name);

/** Whether an image is known to run nothing but the web UI. The release with `ollama` in its tag has an Ollama inside. */
const isAlone = (image: string) => imageName(image) === 'open-webui' && !/ollama/i.test(parseImage(image).tag ?? '');

/** Variables with an address at which the web UI would ask itself, with the value that was probably meant. */
const toItself = (env: Checked['webui']['env']) =>
  Object.entries(env).flatMap(([name, value]) => {
    const meant = opensServer(name)
      ? value.replaceAll(IN_ADDRESS, `$1${HOST}`).replace(IS_HOST, HOST)
      : opensHost(name)
        ? value.replace(IS_HOST, HOST)
        : value;
    return meant === value ? [] : [{ name, value, meant }];
  });

const REASON = 'inside the container that is the web UI itself, not the Docker host';

export const loopback: Rule = ({ webui: { env, image } }) =>
  isAlone(image)
    ? toItself(env).map(
        ({ name, meant }): Problem => ({
          path: ['webui', 'env', name],
          reason: REASON,
          allowed: `an address that the container can reach; the Docker host is ${HOST}`,
          instead: meant,
          fix: `write ${HOST} instead of localhost`,
        }),
      )
    : [];

/** Sentences about addresses that are right only if an image of one's own has a server inside. */
export const loopbackWarnings = ({ env, image }: Pick<Checked['webui'], 'env' | 'image'>): string[] =>
  isAlone(image)
    ? []
    : toItself(env).map(
        ({ name }) =>
          `webui.env.${name} names localhost: ${REASON}. Unless ${image} has that server inside, write ${HOST}.`,
      );

/** A sentence about an address of the page that is in a variable alone; `url` is where the deployment takes the page to be. */
export function ownAddressWarnings({ url, env }: { url: string; env: Checked['webui']['env'] }): string[] {
  const value = env['WEBUI_URL'];
  if (value === undefined || !URL.canParse(value) || value.replace(/\/+$/, '') === url) return [];
  return [
    'webui.env.WEBUI_URL: set webui.url instead. It sets this variable, keeps cookies off unencrypted connections, and tells verify and the check of CORS_ALLOW_ORIGIN where the page is.',
  ];
}

/** `webui.url` decides on what Open WebUI calls its own address. */
export const ownAddress: Rule = ({ webui: { url, env } }) => {
  const value = env['WEBUI_URL'];
  if (url === undefined || value === undefined || value.replace(/\/+$/, '') === url) return [];
  return [
    {
      path: ['webui', 'env', 'WEBUI_URL'],
      reason: `webui.url says ${url}`,
      allowed: `nothing, or ${url}`,
      fix: 'remove it: webui.url sets it',
    },
  ];
};
