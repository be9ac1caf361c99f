/** What people see when the web UI does not answer, or when what they send is too large: a page for browsers, JSON for programs. */

/** A message to people. */
interface Message {
  title: string;
  text: string;
}

interface Language {
  /** Restart of the web UI that takes longer than a request is held. */
  waiting: Message;
  /** Request beyond the limit; LIMIT stands for it. */
  tooLarge: Message;
}

/** Stands for the limit in a text. */
const LIMIT = 'LIMIT';

/** By the tag with which a browser's `Accept-Language` begins. The first one is for every other. */
const LANGUAGES: Readonly<Record<string, Language>> = {
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

/** Seconds after which a browser, or a program, is to try again. */
export const RETRY_SECONDS = 5;

const page = (language: string, { title, text }: Message, reloads: boolean) => `<!doctype html>
<html lang="${language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${reloads ? `<meta http-equiv="refresh" content="${RETRY_SECONDS}">\n` : ''}<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>body{font:1.1rem/1.5 system-ui,sans-serif;display:grid;place-content:center;min-height:90vh;text-align:center;padding:1rem}</style>
<main><h1>${title}</h1><p>${text}</p></main>
</html>
`;

/** An answer in each language, and as JSON in the shape of Open WebUI's own errors. */
export interface Answers {
  /** By language; the first one is the default. */
  pages: readonly (readonly [language: string, html: string])[];
  json: string;
}

const answers = (kind: keyof Language, { limit = '', reloads = false }): Answers => {
  const all = Object.entries(LANGUAGES).map(([language, messages]) => {
    const { title, text } = messages[kind];
    return [language, { title, text: text.replace(LIMIT, limit) }] as const;
  });
  return {
    pages: all.map(([language, message]) => [language, page(language, message, reloads)]),
    json: JSON.stringify({ detail: all[0]?.[1].text }),
  };
};

/** The web UI has not answered within the time for which requests wait. */
export const waitingAnswers = (): Answers => {
  const { pages } = answers('waiting', { reloads: true });
  return { pages, json: JSON.stringify({ detail: `The chat is restarting. Try again in ${RETRY_SECONDS} seconds.` }) };
};

/** A request is larger than the limit. */
export const tooLargeAnswers = (limit: string): Answers => answers('tooLarge', { limit });
