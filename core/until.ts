import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again until the answer is `good` or the time is over; returns the last answer. */
export async function until<Answer>(
  ask: () => Answer | Promise<Answer>,
  good: (answer: Answer) => boolean,
  { seconds, everyMs = 250 }: { seconds: number; everyMs?: number },
): Promise<Answer> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (good(answer) || Date.now() >= end) return answer;
    await sleep(everyMs);
  }
}
