/** What servers ask of their containers that would break them, or give a secret away. */

import { isShared } from '../../core/attachments.ts';
import { ROTATING_DRIVERS } from '../../core/defaults.ts';
import { whyReserved } from '../../core/labels.ts';
import { valkeyHostOf } from '../../core/names.ts';
import { optionLooksSecret } from '../../core/secretPatterns.ts';
import { HOST_ALIAS, HOST_GATEWAY } from '../../core/webui.ts';
import type { Problem } from '../problems.ts';
import type { Rule } from '../rule.ts';

const SECTIONS = ['valkey', 'webui', 'database', 'gateway'] as const;

/** `docker inspect` shows it, so that encrypting it in the stack file would hide nothing. */
const shown = (what: string) => ({
  reason: `docker inspect shows every ${what}, also one that is encrypted in the stack file`,
  confidential: true,
});

export const labels: Rule = (settings) =>
  SECTIONS.flatMap((section) =>
    Object.entries(settings[section].labels ?? {}).flatMap(([name, value]): Problem[] => {
      const path = [section, 'labels', name];
      const reserved = whyReserved(name);
      if (reserved !== undefined) return [{ path, reason: reserved, allowed: 'other labels', fix: 'remove it' }];
      if (!optionLooksSecret(name, value)) return [];
      return [
        {
          path,
          ...shown('label'),
          allowed: 'labels without secrets',
          fix: 'remove it, and give the secret to the program that reads the label, in a separate file or variable',
        },
      ];
    }),
  );

/** Settings of a log that the driver has no use for, or that have another place. */
function logProblems(
  section: (typeof SECTIONS)[number],
  {
    driver,
    options = {},
    maxFiles,
  }: { driver: string; options?: Record<string, string> | undefined; maxFiles: number },
  given: unknown,
): Problem[] {
  const path = [section, 'log'];
  const rotates = ROTATING_DRIVERS.includes(driver);
  const useless = rotates ? [] : ['maxSize', 'maxFiles'].filter((key) => Object.hasOwn(Object(given), key));
  return [
    ...useless.map((key) => ({
      path: [...path, key],
      reason: `the log driver ${driver} does not rotate files`,
      allowed: `nothing, or a value together with ${ROTATING_DRIVERS.join(' or ')}`,
      fix: 'remove it',
    })),
    ...Object.entries(options).flatMap(([name, value]): Problem[] => {
      const at = { path: [...path, 'options', name] };
      const own = { 'max-size': 'maxSize', 'max-file': 'maxFiles' }[name];
      if (driver === 'none')
        return [{ ...at, reason: 'the log driver none takes no options', allowed: 'nothing', fix: 'remove it' }];
      if (rotates && own !== undefined)
        return [
          { ...at, reason: 'it has its own setting', allowed: 'other options', fix: `set ${section}.log.${own}` },
        ];
      if (rotates && name === 'compress' && value !== 'false' && maxFiles === 1)
        return [
          {
            ...at,
            reason: 'Docker compresses only rotated files, and does not start a container that keeps a single file',
            allowed: `false, or true with ${section}.log.maxFiles from 2`,
            fix: `remove it, or raise ${section}.log.maxFiles`,
          },
        ];
      if (!optionLooksSecret(name, value)) return [];
      return [
        {
          ...at,
          ...shown('log option'),
          allowed: 'options without secrets',
          fix: 'remove it, and let a program on the Docker host that has the secret send the log on, from journald for example',
        },
      ];
    }),
  ];
}

export const log: Rule = (settings, { given }) =>
  SECTIONS.flatMap((section) => {
    const inFile = given[section] as { log?: unknown } | null | undefined;
    return logProblems(section, settings[section].log, inFile?.log);
  });

/** Host names that mean something to the web UI already. */
export const hosts: Rule = (settings, { isSecret }) => {
  const { hardening, valkey } = settings;
  const { hostname, extraHosts = {} } = settings.webui;
  const valkeyHost = valkeyHostOf(valkey, { shared: isShared(settings), hardening }).toLowerCase();
  const taken = (name: string): string | undefined => {
    if (name.toLowerCase() === 'localhost') return 'the health check and other programs in the container need it';
    if (name.toLowerCase() !== valkeyHost) return undefined;
    return `it is the host name of Valkey${isSecret('valkey') ? '' : ` (${valkeyHost})`}, which the web UI would no longer reach`;
  };
  const refused = (path: string[], reason: string | undefined): Problem[] =>
    reason === undefined
      ? []
      : [{ path, reason, allowed: 'another host name', fix: 'choose another name, or remove it' }];
  return [
    ...refused(
      ['webui', 'hostname'],
      hostname === undefined
        ? undefined
        : hostname === HOST_ALIAS || Object.hasOwn(extraHosts, hostname)
          ? 'the web UI would reach itself instead of another host of that name'
          : taken(hostname),
    ),
    ...Object.entries(extraHosts).flatMap(([name, address]) =>
      name === HOST_ALIAS && address !== HOST_GATEWAY
        ? [
            {
              path: ['webui', 'extraHosts', name],
              reason: 'it always points to the Docker host',
              allowed: 'nothing, or host-gateway',
              fix: 'remove it, or use another name for that address',
            },
          ]
        : refused(['webui', 'extraHosts', name], taken(name)),
    ),
  ];
};

/** A command shows in `docker inspect` and in lists of processes. */
export const command: Rule = ({ webui: { command: words = [] } }) => {
  const isSecret = (word: string, index: number) => {
    const [, option, value] = /^-*([\w-]+)=(.+)$/.exec(word) ?? [];
    const before = /^--?([\w-]+)$/.exec(words[index - 1] ?? '')?.[1] ?? '';
    return optionLooksSecret(option ?? before, value ?? word);
  };
  return words.some(isSecret)
    ? [
        {
          path: ['webui', 'command'],
          reason:
            'docker inspect and lists of processes show every word of it, also when it is encrypted in the stack file',
          allowed: 'a command without secrets',
          fix: 'give the secret to the server in an encrypted variable of webui.env',
          confidential: true,
        },
      ]
    : [];
};
