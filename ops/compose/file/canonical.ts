/** One form for what a Compose file may write in several: lists become objects, short texts become long ones. */

import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { UserError } from '../../../core/errors.mjs';
import { isRaw, Override, type Raw, RESET } from './yaml.ts';

/** A list of `NAME=VALUE`, or an object, as an object; null for a name alone. */
function pairs(value: unknown, separator = /=/): unknown {
  if (!Array.isArray(value)) return value;
  return Object.fromEntries(
    value.map((one) => {
      const text = String(one);
      const at = text.search(separator);
      return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value]);

/** Names, as a list or with options of each, as an object. */
const named = (value: unknown): unknown =>
  Array.isArray(value) ? Object.fromEntries(value.map((name) => [String(name), null])) : value;

const isWindows = (text: string) => /^[A-Za-z]:[\\/]/.test(text);

/** A folder without a slash at its end. */
const bareFolder = (path: string): string => path.replace(/(.)\/+$/, '$1');

/** A path of the host, absolute; undefined for the name of a volume. */
function hostPath(source: string, dir: string): string | undefined {
  if (isWindows(source)) return source;
  const path = bareFolder(source);
  if (path.startsWith('/')) return path;
  if (/^~(\/|$)/.test(path)) return join(homedir(), path.slice(1));
  return path.startsWith('.') ? join(dir, path) : undefined;
}

function mount(value: unknown, dir: string): Raw {
  if (isRaw(value)) {
    const { source, target } = value;
    const place = { ...value, ...(typeof target === 'string' && { target: bareFolder(target) }) };
    if (value['type'] !== 'bind' || typeof source !== 'string') return place;
    return { ...place, source: hostPath(source, dir) ?? join(dir, bareFolder(source)) };
  }
  const text = String(value);
  // The colon of a drive letter parts nothing.
  const [drive = ''] = /^[A-Za-z]:(?=[\\/])/.exec(text) ?? [];
  const [path = '', target, mode = ''] = text.slice(drive.length).split(':');
  const first = drive + path;
  if (target === undefined) return { type: 'volume', target: first };
  const folder = hostPath(first, dir);
  return {
    type: folder === undefined ? 'volume' : 'bind',
    source: folder ?? first,
    target: bareFolder(target),
    ...(mode.split(',').includes('ro') && { read_only: true }),
  };
}

const RANGE = /^(\d+)(?:-(\d+))?$/;

/** The numbers of a range of ports. */
function range(text: string, whole: string): number[] {
  const [, first, last = first] = RANGE.exec(text) ?? [];
  if (first === undefined) throw new UserError(`"${whole}" is not a port`, 'write it as "HOST:CONTAINER"');
  return Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => Number(first) + index);
}

function ports(value: unknown): Raw[] {
  if (isRaw(value)) return [value];
  const whole = String(value);
  const [text = '', protocol = 'tcp'] = whole.split('/');
  const [, address, published, target = ''] = /^(?:(?:(\[[^\]]+\]|[^:]+|.*:.*):)?([\d-]*):)?([\d-]+)$/.exec(text) ?? [];
  const targets = range(target, whole);
  const on = published ? range(published, whole) : [];
  return targets.map((one, index) => ({
    target: one,
    protocol,
    ...(on.length === targets.length && { published: on[index] }),
    // One port of the container, and several of the host to choose from.
    ...(on.length > 0 && on.length !== targets.length && { published: published }),
    ...(address && { host_ip: address.replace(/^\[(.*)\]$/, '$1') }),
  }));
}

function envFile(value: unknown, dir: string): Raw {
  const given = isRaw(value) ? value : { path: value };
  const path = String(given['path']);
  return { ...given, path: isAbsolute(path) ? path : join(dir, path) };
}

/** Host names with their addresses. An address of IPv6 may stand in brackets. */
const hosts = (value: unknown): unknown => {
  const found = pairs(value, /[=:]/);
  if (!isRaw(found)) return found;
  return Object.fromEntries(
    Object.entries(found).map(([name, address]) => [
      name,
      list(address).map((one) => String(one).replace(/^\[(.*)\]$/, '$1')),
    ]),
  );
};

const reference = (value: unknown): unknown => (isRaw(value) ? value : { source: value });

/** How each key is read, given the folder that relative paths begin in. */
const FORMS: Readonly<Record<string, (value: unknown, dir: string) => unknown>> = {
  environment: (value) => pairs(value),
  labels: (value) => pairs(value),
  extra_hosts: hosts,
  env_file: (value, dir) => list(value).map((one) => envFile(one, dir)),
  ports: (value) => list(value).flatMap(ports),
  volumes: (value, dir) => list(value).map((one) => mount(one, dir)),
  networks: named,
  depends_on: named,
  ulimits: (value) =>
    isRaw(value)
      ? Object.fromEntries(
          Object.entries(value).map(([name, one]) => [name, isRaw(one) ? one : { soft: one, hard: one }]),
        )
      : value,
  secrets: (value) => list(value).map(reference),
  configs: (value) => list(value).map(reference),
  deploy: (value) => (isRaw(value) && 'labels' in value ? { ...value, labels: pairs(value['labels']) } : value),
  build: (value) => (isRaw(value) ? value : { context: value }),
};

/**
 * A service in one form.
 *
 * @param dir folder in which its relative paths begin.
 * @throws UserError for a port that is none.
 */
export function canonicalService(service: Raw, dir: string): Raw {
  return Object.fromEntries(
    Object.entries(service).map(([key, value]) => {
      const form = FORMS[key];
      if (!form || value === null || value === RESET) return [key, value];
      return [key, value instanceof Override ? new Override(form(value.value, dir)) : form(value, dir)];
    }),
  );
}
