import type { Problem } from './problems.ts';
import type { Checked } from './schema.ts';

/** What a rule may know besides the settings. */
interface Circumstances {
  project: string;
  stack: string;
  isSecret: (key: string) => boolean;
}

export type Rule = (settings: Checked, circumstances: Circumstances) => Problem[];
