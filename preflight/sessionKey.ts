/** Says when an update changes the key that signs sessions, before it does. */

import * as pulumi from '@pulumi/pulumi';
import { shellAssignments } from '../core/shell.ts';
import { ofStackFile, type Subject } from './origin.ts';
import { isOfServer, isPartOf, readOwnState } from './state.ts';

const KEY = 'WEBUI_SECRET_KEY';

/**
 * Whether another key than that of the last update is to come.
 *
 * @param files what the containers of the last update have in files. @param given the key of the stack file, if any. @param generated the other one.
 */
export function changesKey(
  files: readonly string[],
  given: string | undefined,
  generated: string | undefined,
): boolean {
  const key = given ?? generated;
  const present = files.filter((text) => `\n${text}`.includes(`\n${KEY}='`));
  return (
    key !== undefined &&
    present.length > 0 &&
    !present.some((text) => `\n${text}`.includes(`\n${shellAssignments({ [KEY]: key })}`))
  );
}

/**
 * Warns of a session key that changes: by another setting, or by one that was removed, which brings the generated key back. Without the setting only
 * a preview looks: that takes a third of a second.
 */
export async function warnOfSessionKey(
  given: string | undefined,
  { deployment }: Pick<Subject, 'deployment'> = ofStackFile(),
): Promise<void> {
  if (given === undefined && !pulumi.runtime.isDryRun()) return;
  // A state that does not answer is for others to report.
  const resources = await readOwnState().catch(() => []);
  const files = resources
    .filter(({ urn }) => isOfServer(urn, deployment, 'webui'))
    .flatMap(({ outputs }) => (outputs['uploads'] ?? []) as { content?: unknown }[]);
  const generated = resources.find(({ urn }) => isPartOf(urn, deployment, 'secrets-session-key'))?.outputs['result'];
  if (
    !changesKey(
      files.map(({ content }) => String(content)),
      given,
      typeof generated === 'string' ? generated : undefined,
    )
  )
    return;
  await pulumi.log.warn(
    'The session key changes: everyone is signed out, and what the web UI encrypted with the old key (OAuth sessions, valves) is lost.' +
      ' To keep it: leave webui.sessionKey as it was.',
  );
}
