const SECRET_NAME = new RegExp(`(^|_)(${[
    'KEYS?',
    'API_SK',
    'SECRETS?',
    'PASS(WORDS?|WD|PHRASE)?',
    'PWD',
    'TOKEN',
    'CREDENTIALS?(_JSON)?',
    'API_AUTH',
    'HEADERS',
    'WEBHOOK_URL',
].join('|')})(_\\d+)?$`, 'i');
const PLAIN_NAME = /^((ENABLE|USER_PERMISSIONS)_.*|PWD|(.*_)?(PUBLIC_KEY|METADATA_KEYS))$/i;
const PLAIN_VALUE = /^(true|false|none|null|[\s;,[\]{}]*)$/i;
const API_KEY = /API_KEYS?(_\d+)?$/i;
const NOTHING = ['no', 'not', 'none', 'null', 'na', 'empty', 'dummy', 'fake', 'unused', 'placeholder', 'ollama'];
const AROUND = ['sk', 'key', 'api', 'token', 'needed', 'used', 'required', 'set', 'local'];
const isPlaceholder = (name, value) => API_KEY.test(name) &&
    value.split(';').every((key) => {
        const words = key
            .trim()
            .toLowerCase()
            .split(/[-_\s]+/);
        return (words.every((word) => NOTHING.includes(word) || AROUND.includes(word)) &&
            words.some((word) => NOTHING.includes(word)));
    });
const SERVERS_NAME = /_(CONFIGS|CONNECTIONS)$/i;
const SERVER_KEY = /"key"\s*:\s*"[^"]/;
const SECRET_VALUES = [
    /:\/\/[^/:;@\s]{0,1024}:(?!\d+([/;,?#]|$))[^@\s]{1,1024}@/,
    /[?&](api_?key|key|token|access_token)=[^&\s]/i,
    /(^|[\s;?&])(password|pwd|account_?key)\s*=\s*[^\s;&]/i,
    /"(authorization|(x-)?api[-_]?key|password|(client_?)?secret|(access_?)?token)"\s*:\s*"[^"]/i,
    /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
];
export const looksSecret = (name, value) => (SECRET_NAME.test(name) && !PLAIN_NAME.test(name) && !PLAIN_VALUE.test(value) && !isPlaceholder(name, value)) ||
    (SERVERS_NAME.test(name) && SERVER_KEY.test(value)) ||
    SECRET_VALUES.some((pattern) => pattern.test(value));
export const optionLooksSecret = (name, value) => looksSecret(name.replaceAll(/[^A-Za-z0-9]+/g, '_'), value);
