/** `npm run restore -- --stack NAME --from FILE [--yes]`: puts a backup in the place of a stack's data, and keeps that until told otherwise. */

import { parseArgs } from 'node:util';
import { Failure } from '../core/errors.ts';
import { inspect, valkeyVersion, whenHealthy } from '../docker/health.ts';
import { accepts, credentials } from '../ops/administrator.ts';
import { needsPassphrase, readArchive } from '../ops/backup/archive.ts';
import { ArchiveError } from '../ops/backup/error.ts';
import { type Helper, haveVolumes, withHelper } from '../ops/backup/helper/helper.ts';
import { isNewer, type Manifest } from '../ops/backup/manifest.ts';
import { requirePassphrase } from '../ops/backup/passphrase.ts';
import {
  exchange,
  forget,
  look,
  owners,
  type Present,
  settle,
  stage,
  start,
  takeKept,
  Unfinished,
} from '../ops/backup/restore.ts';
import { sessionKeyHash } from '../ops/backup/sessionKey.ts';
import { helperName } from '../ops/backup/take.ts';
import { webuiVersion } from '../ops/backup/webuiVersion.ts';
import { confirmed, countText, meter, sizeText } from '../ops/backup/words.ts';
import { show } from '../ops/command.ts';
import { readStack, type Stack } from '../ops/outputs.ts';
import { withPage } from '../ops/relay.ts';
import { NO_BACKUP } from '../preflight/backup.ts';
import { verify } from './verify.ts';

interface Order {
  name: string;
  yes: boolean;
}

/** @throws Failure when the archive does not fit the stack; nothing has changed then. */
async function requireFit(
  { webui, valkey, parts }: Manifest,
  present: Present,
  images: { webui: string | null; valkey: string | null },
): Promise<void> {
  if (isNewer(webui.version, images.webui)) {
    throw new Failure(
      `the backup is of Open WebUI ${webui.version}, and the stack has ${images.webui}: its database cannot go back to an older release`,
      `set webui.image to ${webui.image}, and run this again`,
    );
  }
  if (isNewer(valkey.version, images.valkey, 2)) {
    throw new Failure(
      `the backup is of Valkey ${valkey.version}, and the stack has ${images.valkey}, which does not read its snapshots`,
      `set valkey.image to ${valkey.image}, npm run up, and run this again`,
    );
  }
  for (const part of ['webui', 'valkey'] as const) {
    if (parts[part].bytes > present.free[part]) {
      throw new Failure(
        `the data takes ${sizeText(parts[part].bytes)} beside the present, and on the engine are ${sizeText(present.free[part])} free`,
        present.kept ? 'remove what the last restore has kept: npm run restore -- --forget' : 'make room on the engine',
      );
    }
  }
}

async function remarks(manifest: Manifest, stack: Stack, name: string): Promise<string[]> {
  const key = await sessionKeyHash(stack.webuiContainer);
  const other = key !== null && manifest.webui.sessionKey !== null && key !== manifest.webui.sessionKey;
  return [
    ...(manifest.stack === name ? [] : [`it is of the stack ${manifest.stack}`]),
    ...(other
      ? [
          'it was written under another session key: everybody has to sign in again, and credentials that the page has encrypted are lost',
        ]
      : []),
    ...manifest.warnings,
  ];
}

/** @throws Failure with the check that does not hold. Whether the administrator could sign in is told by `signedIn`. */
async function prove(stack: Stack): Promise<{ signedIn: boolean }> {
  return withPage(stack, async (reachable) => {
    const failed = (await verify(reachable)).filter(({ ok }) => !ok);
    const [first] = failed;
    if (first === undefined) return { signedIn: true };
    const { email, password } = credentials(stack);
    // The users are those of the backup, with their passwords: the rest is what can be proved without one.
    if (failed.length === 1 && first.name === 'websocket' && !(await accepts(reachable.publishedAt, email, password))) {
      return { signedIn: false };
    }
    throw new Failure(`the stack does not work with this data: ${first.detail}`, first.next ?? 'npm run verify');
  });
}

/** Starts what was stopped; as `pulumi up` does where the stack file names another image by now. */
async function started(stack: Stack, name: string, changed: boolean): Promise<void> {
  if (!changed) {
    await start(stack);
    await whenHealthy(stack.valkeyContainer);
    return whenHealthy(stack.webuiContainer);
  }
  await show('docker', ['start', stack.valkeyContainer]);
  process.env[NO_BACKUP] = 'true';
  await show('pulumi', ['up', '--yes', '--skip-preview', '--stack', name]);
}

async function replace(helper: Helper, stack: Stack, order: Order & { changed: boolean }, what: string): Promise<void> {
  let signedIn = true;
  // What was begun is finished, one way or the other.
  const hold = () => console.error('… the data is being exchanged; this ends by itself in a moment');
  process.on('SIGINT', hold).on('SIGTERM', hold);
  try {
    console.error('… stopping the web UI and Valkey, exchanging the data, starting them, verifying');
    await exchange(helper, stack, {
      started: () => started(stack, order.name, order.changed),
      proved: async () => {
        ({ signedIn } = await prove(stack));
      },
    });
  } catch (error) {
    if (error instanceof Unfinished) throw error;
    const { next } = error as Failure;
    throw new Failure(`${(error as Error).message}. The data of before is back`, next ?? 'npm run verify');
  } finally {
    process.off('SIGINT', hold).off('SIGTERM', hold);
  }
  console.log(
    `\n${what} is in place, and ${signedIn ? 'verified' : 'verified as far as that goes without a password'}.
What was there before is kept in the volumes:
  bring it back   npm run restore -- --stack ${order.name} --back
  remove it       npm run restore -- --stack ${order.name} --forget`,
  );
  if (!signedIn) {
    console.log(
      `The users are those of the backup, and ${stack.adminEmail} does not have the password of this stack there.
  To give it that:  the present one into OPEN_WEBUI_PASSWORD (and OPEN_WEBUI_EMAIL), and npm run rotate -- --secret admin --stack ${order.name}`,
    );
  }
}

async function check(file: string): Promise<{ manifest: Manifest; passphrase: string | undefined }> {
  const passphrase = (await needsPassphrase(file)) ? await requirePassphrase({ twice: false }) : undefined;
  const { show: progress, end } = meter(`checking ${file}`);
  let done = 0;
  const take = async (chunk: Uint8Array) => {
    done += chunk.length;
    progress(done, 0);
  };
  return { manifest: await readArchive(file, { passphrase, take }).finally(end), passphrase };
}

async function fromArchive(
  helper: Helper,
  stack: Stack,
  order: Order & { from: string; changed: boolean; checked: Awaited<ReturnType<typeof check>> },
): Promise<void> {
  const { manifest, passphrase } = order.checked;
  const present = await look(helper);
  const valkey = await inspect(stack.valkeyContainer);
  const webui = await inspect(stack.webuiContainer);
  if (!valkey || !webui)
    throw new Failure('the stack is not whole', `npm run up -- --stack ${order.name}, and then this again`);
  await requireFit(manifest, present, {
    webui: await webuiVersion(helper),
    valkey: await valkeyVersion(valkey.imageId),
  });
  console.error(`In the stack   ${countText(present)}; ${present.kept ? 'and what the last restore has kept, which this one removes' : 'this will be kept'}
In the backup  ${countText(manifest.webui)}, of ${manifest.created}, Open WebUI ${manifest.webui.version ?? '(release not known)'}`);
  for (const remark of await remarks(manifest, stack, order.name)) console.error(`! ${remark}`);
  if (!(await confirmed(order.yes, `Replace the data of ${order.name}?`)))
    throw new Failure('nothing was changed', 'add --yes to do it');
  const { show: progress, end } = meter('unpacking beside the present data');
  let done = 0;
  const total = manifest.parts.webui.bytes + manifest.parts.valkey.bytes;
  await stage(helper, order.from, {
    passphrase,
    owner: owners(webui, present),
    progress: (bytes) => {
      done += bytes;
      progress(done, total);
    },
  }).finally(end);
  await replace(helper, stack, order, `The backup of ${manifest.created} (${countText(manifest.webui)})`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      stack: { type: 'string' },
      from: { type: 'string' },
      image: { type: 'string' },
      yes: { type: 'boolean', default: false },
      back: { type: 'boolean', default: false },
      forget: { type: 'boolean', default: false },
      settle: { type: 'boolean', default: false },
    },
  });
  const { stack: name, from } = values;
  if (!name) throw new Error('which stack? npm run restore -- --stack NAME --from FILE');
  if (!from && !values.back && !values.forget && !values.settle)
    throw new Error(`which backup? npm run restore -- --stack ${name} --from FILE`);
  // First of all: most of what can be wrong is wrong with the file.
  const checked = from ? await check(from) : undefined;
  const stack = await readStack(name).catch((error: Error) => {
    if (!values.settle) throw error;
  });
  if (!stack || (values.settle && !(await haveVolumes(stack)))) return;
  const webui = await inspect(stack.webuiContainer);
  const valkey = webui ?? (await inspect(stack.valkeyContainer));
  const image = values.image ?? webui?.imageId;
  if (!image) throw new Failure(`there is no container ${stack.webuiContainer}`, `npm run up -- --stack ${name}`);
  const volumes = { ...stack, name: helperName(stack), image, labels: valkey?.labels ?? {} };
  await withHelper(volumes, async (helper) => {
    const done = await settle(helper, stack);
    if (done) console.error(`✔ ${done}`);
    const changed = values.image !== undefined && webui !== undefined && values.image !== webui.image;
    const order = { name, yes: values.yes, changed };
    if (from && checked) await fromArchive(helper, stack, { ...order, from, checked });
    else if (values.forget) {
      await forget(helper);
      console.log('What the last restore had kept is removed.');
    } else if (values.back) {
      const present = await look(helper);
      if (!present.kept) {
        if (done) return;
        throw new Failure(
          'no restore has kept anything in this stack',
          'npm run restore -- --from FILE takes a backup',
        );
      }
      if (!(await confirmed(values.yes, `Bring back what was in ${name} before the last restore?`)))
        throw new Failure('nothing was changed', 'add --yes to do it');
      await takeKept(helper);
      await replace(helper, stack, order, 'What was there before the last restore');
    }
  });
}

try {
  await main();
} catch (error) {
  const reason =
    error instanceof ArchiveError ? `the backup cannot be used: ${error.message}` : (error as Error).message;
  console.error(`✘ ${reason}${error instanceof Failure ? `\n  next: ${error.next}` : ''}`);
  process.exitCode = error instanceof Unfinished ? 2 : 1;
}
