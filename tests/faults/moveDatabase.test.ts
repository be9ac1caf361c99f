/** A move of the database: ended at each of its steps, and with as much as people write in years. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { capture } from '../../system/exec.mjs';
import { root } from '../support/checkout.ts';
import { IMAGES } from '../support/deployment.ts';
import { Lab } from '../support/moveLab.ts';

jest.setTimeout(1_800_000);

let lab: Lab;

beforeAll(async () => {
  lab = await Lab.create('move-faults');
});

afterAll(() => lab?.remove());

const USERS = (count: number) => `
for user in range(${count}):
    add("user", id=f"u{user}", name=f"User {user}", email=f"u{user}@example.com", role="user", profile_image_url="/user.png", last_active_at=1, updated_at=1, created_at=1)
    add("auth", id=f"u{user}", email=f"u{user}@example.com", password="hash", active=1)
`;

it('wherever it is killed, the old files are as they were, and Postgres has everybody or no user', async () => {
  await lab.makeSqlite('head');
  await lab.write(`${USERS(3)}
add("chat", id="c", user_id="u1", title="c", archived=0, created_at=1, updated_at=1, chat="{}", meta="{}")
add("group", id="g", user_id="u1", name="g", parent_group_id="gone")
`);
  await lab.moving((mover) => mover.prepare());
  const harness = readFileSync(join(__dirname, 'moveSteps.py'), 'utf8');
  const { code, stdout, stderr } = await capture(
    'docker',
    [
      ...[
        'run',
        '--rm',
        '--interactive',
        '--network',
        lab.network,
        '--tmpfs',
        '/spool',
        '--volume',
        `${lab.data}:/volumes/webui`,
      ],
      ...[
        '--volume',
        `${join(root, 'ops', 'moveDatabase')}:/program:ro`,
        '--entrypoint',
        'python3',
        IMAGES.webui,
        '-c',
        harness,
      ],
    ],
    { input: `${JSON.stringify({ data: '/volumes/webui', url: lab.url, env: {} })}\n` },
  );
  expect([code, stderr]).toEqual([0, '']);
  const { steps, outcomes } = JSON.parse(stdout) as { steps: number; outcomes: unknown[] };
  expect(steps).toBeGreaterThan(200);
  expect(outcomes).toEqual([
    [0, 'unfinished', false],
    [3, 'finished', false],
    [3, 'finished', true],
  ]);
});

const MESSAGES = 100_000;
const EACH = 20;

it('moves a hundred thousand messages in minutes, with 512 MiB of memory', async () => {
  await lab.empty();
  await lab.makeSqlite('head');
  await lab.write(`${USERS(50)}
words = "the quick brown fox jumps over the lazy dog and then sleeps in the sun until it is noon "
for number in range(${MESSAGES / EACH}):
    chat, user, messages = f"c{number}", f"u{number % 50}", {}
    for index in range(${EACH}):
        id = f"{chat}-{index}"
        content = f"{id} 🦊 " + words * (3 + index % 12)
        messages[id] = {"id": id, "parentId": f"{chat}-{index - 1}" if index else None, "childrenIds": [f"{chat}-{index + 1}"], "role": "user" if index % 2 == 0 else "assistant", "content": content, "timestamp": 1700000000 + index}
        add("chat_message", id=id, chat_id=chat, user_id=user, role=messages[id]["role"], parent_id=messages[id]["parentId"], content=json.dumps(content), done=1, created_at=1700000000 + index, updated_at=1)
    add("chat", id=chat, user_id=user, title=f"Chat {number}", archived=0, created_at=1, updated_at=1, meta="{}", chat=json.dumps({"title": chat, "history": {"currentId": id, "messages": messages}, "messages": list(messages.values())}))
`);
  await lab.moving((mover) => mover.prepare());
  const shown: string[] = [];
  const started = Date.now();
  const { tables } = await lab.moving(
    (mover) =>
      mover.move({ withVectors: true, show: ({ what, done, total }) => shown.push(`${what} ${done} ${total}`) }),
    { memory: '512 MiB' },
  );
  const seconds = (Date.now() - started) / 1000;
  const size = await lab.query('select pg_size_pretty(pg_database_size(current_database()))');
  console.log(`${MESSAGES} messages, ${size} in Postgres, in ${seconds.toFixed(0)} s`);
  expect([tables['chat_message']?.rows, tables['chat']?.rows]).toEqual([MESSAGES, MESSAGES / EACH]);
  expect(seconds).toBeLessThan(300);
  expect(shown.filter((line) => /^copying chat_message \d+ \d+$/.test(line)).length).toBeGreaterThan(3);
  expect(shown.filter((line) => /^comparing chat \d+ \d+$/.test(line)).length).toBeGreaterThan(0);
});
