const STREAMS_LIVE = '24h';
const CLIENT = '{http.vars.client_ip}';
export const CLIENT_HEADERS = { 'X-Forwarded-For': [CLIENT], 'X-Real-Ip': [CLIENT] };
export const TRANSPORT = {
    protocol: 'http',
    dial_timeout: '1s',
    keep_alive: { enabled: false, probe_interval: '1s' },
    compression: false,
};
function upstreams({ upstream, several = false }, waiting) {
    if (!several)
        return { upstreams: [{ dial: upstream }], load_balancing: waiting };
    const { hostname, port } = new URL(`http://${upstream}`);
    return {
        dynamic_upstreams: { source: 'a', name: hostname, port, refresh: '500ms' },
        load_balancing: { ...waiting, selection_policy: { policy: 'least_conn' } },
        health_checks: { passive: { fail_duration: '2s', max_fails: 1 } },
    };
}
const usual = ({ waitTimeout, several = false }) => ({
    try_duration: waitTimeout,
    try_interval: several ? '100ms' : '500ms',
});
export const proxy = (gateway, waiting = usual(gateway), forgotten = []) => ({
    handler: 'reverse_proxy',
    ...upstreams(gateway, waiting),
    flush_interval: -1,
    stream_close_delay: STREAMS_LIVE,
    transport: TRANSPORT,
    headers: { request: { set: CLIENT_HEADERS, delete: ['Forwarded', ...forgotten] } },
});
