import { readFileSync } from 'node:fs';
import { toSeconds } from '../core/units.js';
const MARGIN = 15;
const attemptSeconds = (check, { timeout }) => toSeconds(timeout) * (check.kind === 'httpGet' ? 2 : 1);
const attempts = (check, timing, stopGrace) => Math.ceil(Math.max(toSeconds(stopGrace), toSeconds(timing.startPeriod)) / attemptSeconds(check, timing));
export const hangSeconds = (check, timing, stopGrace) => attempts(check, timing, stopGrace) * attemptSeconds(check, timing);
export const patience = (check, timing, extraStartTime = '0s') => toSeconds(extraStartTime) +
    toSeconds(timing.startPeriod) +
    timing.retries * (toSeconds(timing.interval) + attemptSeconds(check, timing)) +
    MARGIN;
const EAGERNESS = 5;
const seconds = (interval) => `${interval}s`;
export const engineInterval = ({ interval }) => seconds(Math.ceil(toSeconds(interval) / EAGERNESS));
const pause = (timing) => toSeconds(timing.interval) - toSeconds(engineInterval(timing));
export const checkTimeout = (check, timing, stopGrace) => seconds(pause(timing) + hangSeconds(check, timing, stopGrace) + MARGIN);
const SCRIPT = readFileSync(new URL('./healthcheck.sh', import.meta.url), 'utf8');
export function checkCommand(check, timing, stopGrace) {
    const answer = String(toSeconds(timing.timeout));
    const question = check.kind === 'httpGet'
        ? ['http', answer, String(check.port), check.ready, check.live]
        : ['exec', answer, check.well, check.hung, ...check.command];
    const limits = [
        toSeconds(timing.startPeriod),
        attempts(check, timing, stopGrace),
        hangSeconds(check, timing, stopGrace),
        pause(timing),
    ];
    return ['/bin/sh', '-c', SCRIPT, 'healthcheck', ...limits.map(String), ...question];
}
