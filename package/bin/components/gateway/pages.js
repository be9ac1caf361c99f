const LIMIT = 'LIMIT';
const LANGUAGES = {
    en: {
        waiting: { title: 'Back in a moment', text: 'The chat is restarting. This page reloads by itself.' },
        tooLarge: { title: 'Too large', text: 'What you sent is larger than the LIMIT that this server accepts.' },
    },
    de: {
        waiting: { title: 'Gleich wieder da', text: 'Der Chat startet gerade neu. Diese Seite lädt sich von selbst neu.' },
        tooLarge: { title: 'Zu groß', text: 'Die Anfrage ist größer als die LIMIT, die dieser Server annimmt.' },
    },
    fr: {
        waiting: { title: 'De retour dans un instant', text: 'Le chat redémarre. Cette page se recharge toute seule.' },
        tooLarge: {
            title: 'Envoi trop volumineux',
            text: 'Votre envoi dépasse la limite de LIMIT acceptée par ce serveur.',
        },
    },
    ja: {
        waiting: {
            title: 'まもなく再開します',
            text: 'チャットを再起動しています。このページは自動的に再読み込みされます。',
        },
        tooLarge: {
            title: 'サイズが大きすぎます',
            text: '送信されたデータが、このサーバーの上限（LIMIT）を超えています。',
        },
    },
    pt: {
        waiting: { title: 'Voltamos já', text: 'O chat está reiniciando. Esta página será recarregada automaticamente.' },
        tooLarge: { title: 'Envio grande demais', text: 'O que você enviou passa do limite de LIMIT deste servidor.' },
    },
    zh: {
        waiting: { title: '马上回来', text: '聊天服务正在重启，本页面会自动重新加载。' },
        tooLarge: { title: '内容过大', text: '您发送的内容超过了本服务器的上限（LIMIT）。' },
    },
};
export const RETRY_SECONDS = 5;
const page = (language, { title, text }, reloads) => `<!doctype html>
<html lang="${language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${reloads ? `<meta http-equiv="refresh" content="${RETRY_SECONDS}">\n` : ''}<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>body{font:1.1rem/1.5 system-ui,sans-serif;display:grid;place-content:center;min-height:90vh;text-align:center;padding:1rem}</style>
<main><h1>${title}</h1><p>${text}</p></main>
</html>
`;
const answers = (kind, { limit = '', reloads = false }) => {
    const all = Object.entries(LANGUAGES).map(([language, messages]) => {
        const { title, text } = messages[kind];
        return [language, { title, text: text.replace(LIMIT, limit) }];
    });
    return {
        pages: all.map(([language, message]) => [language, page(language, message, reloads)]),
        json: JSON.stringify({ detail: all[0]?.[1].text }),
    };
};
export const waitingAnswers = () => {
    const { pages } = answers('waiting', { reloads: true });
    return { pages, json: JSON.stringify({ detail: `The chat is restarting. Try again in ${RETRY_SECONDS} seconds.` }) };
};
export const tooLargeAnswers = (limit) => answers('tooLarge', { limit });
