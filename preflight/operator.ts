import type { Subject } from './origin.ts';
import { isPartOf, readOwnState } from './state.ts';

/** The password by which the Valkey of the last update knows its operator; empty where it asks for none. */
export async function operatorPassword({ deployment }: Subject): Promise<string> {
  const secret = (await readOwnState()).find(({ urn }) => isPartOf(urn, deployment, 'secrets-operator-password'));
  return typeof secret?.outputs['result'] === 'string' ? secret.outputs['result'] : '';
}
