/** The variables of Open WebUI's release, with what a person found of each. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VARIABLES as NAMES } from '../../core/webuiVariables.ts';

export interface Variable {
  name: string;
  /** Whether its value is a secret, whatever it is. Addresses and JSON, in which one may stand, are judged by their value. */
  secret: boolean;
}

const SECRETS = readFileSync(join(__dirname, 'openWebUiSecrets.txt'), 'utf8').trim().split('\n');

export const VARIABLES: readonly Variable[] = NAMES.map((name) => ({ name, secret: SECRETS.includes(name) }));
