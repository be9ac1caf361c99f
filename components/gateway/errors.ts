/** What Caddy answers instead of the web UI. */

import type { Configured, Json } from './configured.ts';
import { type Answers, RETRY_SECONDS, tooLargeAnswers, waitingAnswers } from './pages.ts';

/** Headers as Caddy has them, each with a list of values. */
export const values = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));

const answer = (status: number, type: string, body: string, headers: Record<string, string> = {}): Json => ({
  handler: 'static_response',
  status_code: status,
  headers: values({ 'Content-Type': type, 'Cache-Control': 'no-store', ...headers }),
  body,
});

/** Statuses by which the proxy says that there is no web UI. */
const ABSENT = ['502', '503', '504'];

/** An answer in the browser's language, or as JSON. */
const inLanguages = (failed: readonly string[], status: number, answers: Answers, headers: Record<string, string>) => {
  const when = { vars: { '{http.error.status_code}': failed } };
  const page = { ...when, method: ['GET', 'HEAD', 'POST'], header: { Accept: ['*text/html*'] } };
  const [[, standard] = ['', ''], ...others] = answers.pages;
  const html = (body: string) => [answer(status, 'text/html; charset=utf-8', body, headers)];
  return [
    ...others.map(([language, body]) => ({
      match: [{ ...page, header_regexp: { 'Accept-Language': { pattern: `(?i)^\\s*${language}\\b` } } }],
      handle: html(body),
      terminal: true,
    })),
    { match: [page], handle: html(standard), terminal: true },
    { match: [when], handle: [answer(status, 'application/json', answers.json, headers)], terminal: true },
  ];
};

/** Routes for requests that the web UI has not answered. */
export const errors = ({ maxRequestSize }: Configured): Json => ({
  routes: [
    ...inLanguages(ABSENT, 503, waitingAnswers(), { 'Retry-After': String(RETRY_SECONDS) }),
    ...inLanguages(['413'], 413, tooLargeAnswers(maxRequestSize), {}),
    { handle: [{ handler: 'static_response', status_code: '{http.error.status_code}' }] },
  ],
});
