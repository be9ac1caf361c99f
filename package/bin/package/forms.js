const isGroup = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
export const ENABLED = {
    name: 'enabled',
    description: 'Whether the page is published at a port of the Docker host at all. Default: true, or false with a gateway',
};
const published = {
    path: 'webui.publish',
    note: '',
    toSetting: (input) => {
        if (!isGroup(input) || !(ENABLED.name in input))
            return input;
        const { [ENABLED.name]: enabled, ...rest } = input;
        if (typeof enabled !== 'boolean')
            return input;
        return enabled ? rest : 'none';
    },
};
const headers = {
    path: 'gateway.headers',
    note: ' An empty text stands for false',
    toSetting: (input) => isGroup(input)
        ? Object.fromEntries(Object.entries(input).map(([name, value]) => [name, value === '' ? false : value]))
        : input,
};
const gpus = {
    path: 'webui.gpus',
    note: ' As docker run --gpus: all, a number, or device=0,2',
    toSetting: (input) => {
        if (typeof input !== 'string')
            return input;
        if (/^\d+$/.test(input))
            return Number(input);
        return input.startsWith('device=') ? input.slice('device='.length).split(',') : input;
    },
};
export const FORMS = [published, headers, gpus];
export const SECRET_ENV = {
    section: 'webui',
    name: 'secretEnv',
    beside: 'env',
    description: 'Environment variables of Open WebUI that stay out of docker inspect, previews and the state in clear, such as OPENAI_API_KEY. A change replaces the container',
};
