/** What looks like a secret: one list for settings and policies. */

const NAME = /(^|_)(KEYS?|SECRET|PASSWORD|PASSWD|PASSPHRASE|TOKEN|CREDENTIALS?(_JSON)?|HEADERS|API_AUTH)$/i;

/** Variables of these names hold no secret: a switch, and the name of a header that carries an identity. */
const NAME_OF_NONE = /^(ENABLE_|.*_(EMAIL|NAME|ROLE|GROUPS)_HEADER$)/i;

/** Values that hide nothing: a switch, and an empty value. */
const HARMLESS = /^(|true|false|none|null)$/i;

/** Any address with a password in it. */
const URL_WITH_PASSWORD = /[a-z][a-z0-9+.-]*:\/\/[^/@\s]*:[^/@\s]+@/i;

/** Whether a variable holds what must not stand in a file that is committed, nor in a container's environment. */
export const looksSecret = (name: string, value: string): boolean =>
  (NAME.test(name) && !NAME_OF_NONE.test(name) && !HARMLESS.test(value)) || URL_WITH_PASSWORD.test(value);
