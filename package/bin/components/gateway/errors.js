import { RETRY_SECONDS, tooLargeAnswers, waitingAnswers } from './pages.js';
export const values = (headers) => Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
const answer = (status, type, body, headers = {}) => ({
    handler: 'static_response',
    status_code: status,
    headers: values({ 'Content-Type': type, 'Cache-Control': 'no-store', ...headers }),
    body,
});
const ABSENT = ['502', '503', '504'];
const inLanguages = (failed, status, answers, headers) => {
    const when = { vars: { '{http.error.status_code}': failed } };
    const page = { ...when, method: ['GET', 'HEAD', 'POST'], header: { Accept: ['*text/html*'] } };
    const [[, standard] = ['', ''], ...others] = answers.pages;
    const html = (body) => [answer(status, 'text/html; charset=utf-8', body, headers)];
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
export const errors = ({ maxRequestSize }) => ({
    routes: [
        ...inLanguages(ABSENT, 503, waitingAnswers(), { 'Retry-After': String(RETRY_SECONDS) }),
        ...inLanguages(['413'], 413, tooLargeAnswers(maxRequestSize), {}),
        { handle: [{ handler: 'static_response', status_code: '{http.error.status_code}' }] },
    ],
});
