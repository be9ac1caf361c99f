/** What the user sees: one line and a time for each step, and a sign of life while a long one runs. */

const tty = process.stderr.isTTY === true && !process.env['CI'];
const color = tty && !process.env['NO_COLOR'];
/** @type {(code: number, text: string) => string} */
const paint = (code, text) => (color ? `\u001b[${code}m${text}\u001b[0m` : text);

/** Without a terminal to animate, a line this often shows that a long step lives. */
const HEARTBEAT_MS = 20_000;
const NAME_WIDTH = 16;

/** @param {number} ms */
export function seconds(ms) {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const whole = Math.round(ms / 1000);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

export const say = (text = '') => process.stderr.write(`${text}\n`);

/**
 * @callback Progress Names what a step is doing now.
 * @param {string} activity
 * @returns {void}
 */

/**
 * Runs one step and shows it on a line, with the text of its result.
 *
 * @template {{ text: string }} Result
 * @param {string} name
 * @param {(progress: Progress) => Promise<Result>} work
 * @returns {Promise<Result>}
 */
export async function step(name, work) {
  const started = Date.now();
  /** @type {(mark: string, text: string) => string} */
  const line = (mark, text) => `${mark} ${name.padEnd(NAME_WIDTH)} ${text}  ${paint(2, seconds(Date.now() - started))}`;
  let activity = '';
  let beats = 0;
  const beat = () => {
    if (tty) process.stderr.write(`\r\u001b[2K${line('…', activity).slice(0, (process.stderr.columns ?? 80) + 8)}`);
    else if (activity && ++beats % (HEARTBEAT_MS / 200) === 0) say(line('…', activity));
  };
  const timer = setInterval(beat, 200);
  /** @param {string} text */
  const kind = (text) => text.replace(/\d+/g, '');
  /** @type {Progress} */
  const progress = (text) => {
    // Without a terminal a counter that runs is no news.
    if (!tty && kind(text) !== kind(activity)) say(line('…', text));
    activity = text;
  };
  try {
    const result = await work(progress);
    if (tty) process.stderr.write('\r\u001b[2K');
    say(line(paint(32, '✔'), result.text));
    return result;
  } catch (error) {
    if (tty) process.stderr.write('\r\u001b[2K');
    say(line(paint(31, '✘'), activity));
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/**
 * Runs one step without a word, for commands whose output programs read.
 *
 * @type {typeof step}
 */
export const quietly = (_, work) => work(() => {});
