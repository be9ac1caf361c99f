/** What looks like a secret: one list for settings and policies, checked against what Open WebUI reads (tests/unit/secretPatterns.test.ts). */

/** Names whose value is a secret. A number may follow: `API_KEY_2`. Not `TOKENS`: that word counts, as in `MAX_TOKENS`. */
const SECRET_NAME = new RegExp(
  `(^|_)(${[
    'KEYS?',
    'API_SK',
    'SECRETS?',
    'PASS(WORDS?|WD|PHRASE)?',
    'PWD',
    'TOKEN',
    'CREDENTIALS?(_JSON)?',
    // "user:password".
    'API_AUTH',
    // Headers of requests, among them Authorization.
    'HEADERS',
    // Such an address alone lets its holder post.
    'WEBHOOK_URL',
  ].join('|')})(_\\d+)?$`,
  'i',
);

/** Names that only look like it: switches, the working directory, and keys that are public or name fields of a document. */
const PLAIN_NAME = /^((ENABLE|USER_PERMISSIONS)_.*|PWD|(.*_)?(PUBLIC_KEY|METADATA_KEYS))$/i;

/** Values that hide nothing: a switch, and lists and objects without content. */
const PLAIN_VALUE = /^(true|false|none|null|[\s;,[\]{}]*)$/i;

/** Where a client insists on a key and the server asks for none, people write `sk-none`, `dummy-key` or `local-not-used`. */
const API_KEY = /API_KEYS?(_\d+)?$/i;
const NOTHING = ['no', 'not', 'none', 'null', 'na', 'empty', 'dummy', 'fake', 'unused', 'placeholder', 'ollama'];
const AROUND = ['sk', 'key', 'api', 'token', 'needed', 'used', 'required', 'set', 'local'];

/** Whether each of the keys in a value is made of such words alone. */
const isPlaceholder = (name: string, value: string): boolean =>
  API_KEY.test(name) &&
  value.split(';').every((key) => {
    const words = key
      .trim()
      .toLowerCase()
      .split(/[-_\s]+/);
    return (
      words.every((word) => NOTHING.includes(word) || AROUND.includes(word)) &&
      words.some((word) => NOTHING.includes(word))
    );
  });

/** Names of JSON lists of servers, in which `key` is how to sign in there. Elsewhere a member `key` may be anything. */
const SERVERS_NAME = /_(CONFIGS|CONNECTIONS)$/i;
const SERVER_KEY = /"key"\s*:\s*"[^"]/;

/** Values that show their secret whatever the variable is called. */
const SECRET_VALUES = [
  // A password in an address. Digits before a path are a port. Without bounds, the time would grow with the square of the length.
  /:\/\/[^/:;@\s]{0,1024}:(?!\d+([/;,?#]|$))[^@\s]{1,1024}@/,
  // A token in the query of an address.
  /[?&](api_?key|key|token|access_token)=[^&\s]/i,
  // A connection string: `host=db password=…`, `…;AccountKey=…`.
  /(^|[\s;?&])(password|pwd|account_?key)\s*=\s*[^\s;&]/i,
  // A member of a JSON object.
  /"(authorization|(x-)?api[-_]?key|password|(client_?)?secret|(access_?)?token)"\s*:\s*"[^"]/i,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
];

/** Whether a variable holds what must not stand in a file that is committed, nor in a container's environment. */
export const looksSecret = (name: string, value: string): boolean =>
  (SECRET_NAME.test(name) && !PLAIN_NAME.test(name) && !PLAIN_VALUE.test(value) && !isPlaceholder(name, value)) ||
  (SERVERS_NAME.test(name) && SERVER_KEY.test(value)) ||
  SECRET_VALUES.some((pattern) => pattern.test(value));

/** The same for labels, options and arguments, whose names have other separators: `splunk-token`, `homepage.widget.key`. */
export const optionLooksSecret = (name: string, value: string): boolean =>
  looksSecret(name.replaceAll(/[^A-Za-z0-9]+/g, '_'), value);
