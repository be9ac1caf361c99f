import type { Docker } from '../../docker/client.ts';
import { remembering } from '../../docker/remembering.ts';

function counting() {
  const asked: string[] = [];
  const docker = {
    endpoint: {},
    run: async (args: readonly string[]) => {
      asked.push(args.join(' '));
      return `answer ${asked.length}`;
    },
    capture: async (args: readonly string[]) => {
      asked.push(args.join(' '));
      return { code: 0, stdout: '', stderr: '', all: '', timedOut: false };
    },
  } as unknown as Docker;
  return { asked, look: remembering(docker) };
}

it('asks a question once, also when several ask at the same time', async () => {
  const { asked, look } = counting();
  const answers = await Promise.all([look.run(['ps', '--all']), look.run(['ps', '--all']), look.run(['ps'])]);
  expect(answers).toEqual(['answer 1', 'answer 1', 'answer 2']);
  await look.capture(['image', 'inspect', 'a']);
  await look.capture(['image', 'inspect', 'a']);
  expect(asked).toEqual(['ps --all', 'ps', 'image inspect a']);
});

it('passes on every command that may change something', async () => {
  const { asked, look } = counting();
  for (const args of [
    ['run', 'a'],
    ['pull', 'a'],
    ['container', 'rm', 'a'],
    ['update', 'a'],
  ]) {
    await look.run(args);
    await look.run(args);
  }
  expect(asked).toHaveLength(8);
});
