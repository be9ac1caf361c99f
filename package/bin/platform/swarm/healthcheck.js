import { readFileSync } from 'node:fs';
import { toSeconds } from '../../core/units.js';
import { hangSeconds } from '../healthcheck.js';
const SCRIPT = readFileSync(new URL('./healthcheck.sh', import.meta.url), 'utf8');
const SILENCE = 7;
const IDLE = 30;
const MARGIN = 15;
export function shortDuration(total) {
    const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
    const text = [
        hours && `${hours}h`,
        hours && seconds && !minutes ? '0m' : minutes && `${minutes}m`,
        seconds && `${seconds}s`,
    ]
        .filter(Boolean)
        .join('');
    return text || '0s';
}
const MIGRATION = 600;
const startWith = ({ healthcheck }, extra) => Math.max(30, toSeconds(healthcheck.startPeriod) + extra + toSeconds(healthcheck.interval));
const startSeconds = (workload) => startWith(workload, workload.check.kind === 'httpGet' ? MIGRATION : toSeconds(workload.extraStartTime ?? '0s'));
export function healthcheckOf(workload) {
    const { check, healthcheck, stopGrace, overlaps = false } = workload;
    const seconds = toSeconds(healthcheck.timeout);
    const interval = toSeconds(healthcheck.interval);
    const hang = hangSeconds(check, healthcheck, stopGrace);
    const silence = overlaps ? Math.min(SILENCE, hang) : hang;
    const [pace, times] = overlaps ? [1, interval] : [Math.max(1, interval - 1), 1];
    const question = check.kind === 'httpGet'
        ? ['http', seconds, check.port, check.ready, check.live]
        : ['exec', seconds, check.well, check.hung, ...check.command];
    const start = startSeconds(workload);
    return {
        tests: [
            ...['CMD', '/bin/sh', '-c', SCRIPT, 'healthcheck'],
            ...[start, silence, Math.min(IDLE, hang), hang, pace, times, ...question].map(String),
        ],
        startPeriod: shortDuration(start),
        interval: '1s',
        timeout: shortDuration(Math.max(start, (pace + silence) * times + hang) + MARGIN),
        retries: 1,
    };
}
const USUAL = 180;
export const usualPatience = (workload) => startWith(workload, Math.min(USUAL, toSeconds(workload.extraStartTime ?? '0s'))) + 2 * MARGIN;
export const patience = (workload) => startWith(workload, toSeconds(workload.extraStartTime ?? '0s')) + 2 * MARGIN;
export const spelled = (duration) => shortDuration(toSeconds(duration));
