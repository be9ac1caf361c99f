/** The variables that the release of Open WebUI reads, as tests/support/openWebUiVariables.txt lists them. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Variable {
  name: string;
  /** Whether its value is a secret, whatever it is. Addresses and JSON, in which one may stand, are judged by their value. */
  secret: boolean;
}

export const VARIABLES: readonly Variable[] = readFileSync(join(__dirname, 'openWebUiVariables.txt'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => {
    const [name = '', mark] = line.split(' ');
    return { name, secret: mark === 'secret' };
  });
