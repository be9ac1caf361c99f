import { isIP } from 'node:net';
import { z } from 'zod';
import { LOG_DRIVER } from '../core/defaults.js';
import { HOST_GATEWAY } from '../core/webui.js';
import { count, described, group, keyNamed, size } from './leaves.js';
const text = (what) => described(z.union([z.string(), z.number(), z.boolean()]).transform(String), `Value of a ${what}`, 'a string, a number, true or false', `quote the value, or remove the ${what}`);
const name = (pattern, what, allowed) => keyNamed(z.string().regex(pattern), {
    description: `this is not a name for a ${what}`,
    allowed,
    fix: 'correct the name',
});
const HOST_NAME = /^(?=.{1,63}$)[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/;
export const environment = described(z
    .record(name(/^[A-Za-z_][A-Za-z0-9_]*$/, 'variable', 'letters, digits and "_", with no digit first'), text('variable'))
    .default({}), 'Additional environment variables of Open WebUI, such as OLLAMA_BASE_URL. A change replaces the container', 'variables as NAME: value', 'write one NAME: value per line');
export const labels = described(z.record(name(/^[^\s=]+$/, 'label', 'one word without "="'), text('label')).optional(), 'Labels of the container, for a proxy or a dashboard. docker inspect shows them. A change replaces the container', 'labels as NAME: value', 'write one NAME: value per line, such as traefik.enable: true');
export const hostname = described(z.string().regex(HOST_NAME).optional(), 'Host name inside the container; others reach it by its name. Default: chosen by Docker. A change replaces the container', 'up to 63 letters, digits, "-" and ".", with a letter or digit at both ends', 'write it as "chat"');
const limit = (description) => described(z.int().min(-1), description, 'a whole number, or -1 for no limit', 'write it as 65536');
const ULIMITS = /^(core|cpu|data|fsize|locks|memlock|msgqueue|nice|nofile|nproc|rss|rtprio|rttime|sigpending|stack)$/;
export const ulimits = described(z
    .record(name(ULIMITS, 'ulimit', 'one that docker run --ulimit takes, such as nofile, nproc, memlock or core'), described(z.union([
    limit('Both limits'),
    z
        .strictObject({
        soft: limit('Limit that a process may raise up to the hard one'),
        hard: limit('Maximum of the soft limit'),
    })
        .refine(({ soft, hard }) => hard === -1 || (soft !== -1 && soft <= hard)),
]), 'A ulimit', 'a whole number, or { soft, hard } with soft not above hard; -1 for no limit', 'write it as 65536, or as { soft: 1024, hard: 65536 }'))
    .optional(), "Kernel limits per process, as for docker run --ulimit. Default: the engine's. A change replaces the container", 'limits as NAME: number, or NAME: { soft, hard }', 'write one per line, such as nofile: 65536');
export const extraHosts = described(z
    .record(name(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/, 'host', 'a host name'), described(z.string().refine((value) => value === HOST_GATEWAY || (isIP(value) !== 0 && !value.includes('%'))), 'Address of a host', 'an IP address, or host-gateway for the Docker host', 'write it as "10.0.0.5"'))
    .optional(), 'Host names that the web UI resolves without DNS, besides host.docker.internal, which is always there. A change replaces the container', 'host names as NAME: address', 'write one per line, such as db.internal: 10.0.0.5');
export const command = described(z.array(z.string().min(1)).min(1).optional(), "Command that starts the server, for an image with another start script. Default: bash start.sh. The deployment's start script still runs it. A change replaces the container", 'a list of words', 'write it as ["bash", "start.sh"]');
export const gpus = described(z
    .union([
    z.literal('all'),
    z.int().min(1).max(64),
    z
        .array(z.union([z.string().regex(/^[\w./=:-]+$/), z.int().min(0)]).transform(String))
        .min(1)
        .refine((ids) => new Set(ids).size === ids.length),
])
    .optional(), 'NVIDIA GPUs for the web UI, whose image must support CUDA. Default: none. A change replaces the container', 'all, a number of GPUs, or a list of device ids as nvidia-smi -L shows them', 'write all, 1, or [0, 2]');
export const log = ({ maxSize, maxFiles }) => group({
    driver: described(z
        .string()
        .regex(/^[a-z0-9][a-z0-9._/:-]*$/)
        .default(LOG_DRIVER), 'Log driver of the engine. With none, docker logs and the error of a failed update have no lines to show. A change replaces the container', 'a log driver that docker info lists, or none', `write ${LOG_DRIVER}, or leave it out`),
    options: described(z.record(name(/^[^\s=]+$/, 'log option', 'one word without "="'), text('log option')).optional(), 'Options of the log driver, as docker run --log-opt. docker inspect shows them. A change replaces the container', 'options as NAME: value', 'write one NAME: value per line, such as tag: chat'),
    maxSize: size('Size at which a log file is rotated, with json-file and local', maxSize),
    maxFiles: count('Number of log files to keep, with json-file and local', maxFiles, 1000),
}, 'Where the log goes. A change replaces the container');
