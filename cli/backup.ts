/** `npm run backup -- --stack NAME [--to DIR] [--encrypt]`: takes all of a stack's data into one file, while it runs. */

import { statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Failure } from '../core/errors.ts';
import { folder } from '../ops/backup/folder.ts';
import { passphraseOfEnvironment, requirePassphrase } from '../ops/backup/passphrase.ts';
import { take } from '../ops/backup/take.ts';
import { countText, meter, sizeText } from '../ops/backup/words.ts';
import { readStack } from '../ops/outputs.ts';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { stack: { type: 'string' }, to: { type: 'string' }, encrypt: { type: 'boolean', default: false } },
  });
  const { stack: name, to = folder() } = values;
  if (!name) throw new Error('which stack? npm run backup -- --stack NAME');
  const passphrase = values.encrypt ? await requirePassphrase({ twice: true }) : passphraseOfEnvironment();
  const stack = await readStack(name);
  const started = Date.now();
  const { show, end } = meter(`backup of ${name}`);
  // Ctrl-C leaves nothing behind.
  const interrupt = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => interrupt.abort(new Error('it was interrupted')));
  const options = { stack: name, to, passphrase, progress: show, signal: interrupt.signal };
  const { file, manifest } = await take(stack, options).finally(end);
  for (const warning of manifest.warnings) console.error(`! ${warning}`);
  if (manifest.valkey.snapshot === 'last')
    console.error(
      "! Valkey's operator may not ask for a snapshot in this older deployment: taken was Valkey's last one",
    );
  const took = ((Date.now() - started) / 1000).toFixed(1);
  console.log(
    `${countText(manifest.webui)} in ${file}, ${sizeText(statSync(file).size)}${passphrase === undefined ? '' : ', encrypted'}, in ${took} s
Put it back     npm run restore -- --stack ${name} --from ${file}
Keep elsewhere  the file, and the secrets of the stack, which are in Pulumi's state and not in it`,
  );
}

try {
  await main();
} catch (error) {
  console.error(`✘ no backup: ${(error as Error).message}${error instanceof Failure ? `\n  next: ${error.next}` : ''}`);
  process.exitCode = 1;
}
