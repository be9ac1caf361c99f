import { setTimeout as sleep } from 'node:timers/promises';
export async function until(ask, good, { seconds, everyMs = 250 }) {
    const end = Date.now() + seconds * 1000;
    for (;;) {
        const answer = await ask();
        if (good(answer) || Date.now() >= end)
            return answer;
        await sleep(everyMs);
    }
}
