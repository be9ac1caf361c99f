/** What a team does with a stack that is deployed by plain Pulumi, with an encrypted setting. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Deployment } from '../support/deployment.ts';
import { moving } from './operations/moving.ts';
import { preview } from './operations/preview.ts';
import { rotation } from './operations/rotation.ts';

jest.setTimeout(600_000);

const SECRET = { setting: 'webui.env.OPENAI_API_KEY', value: 'sk-the-one-that-is-deployed' };

let life: Deployment;
let stackFile: string;
let deployed: string;

beforeAll(async () => {
  life = await Deployment.create('operations');
  await life.init();
  stackFile = join(life.dir, `Pulumi.${life.stack}.yaml`);
  const setting = ['--path', '--secret', `open-webui:${SECRET.setting}`, SECRET.value];
  await life.succeed('pulumi', ['config', 'set', '--stack', life.stack, ...setting]);
  await life.succeed('pulumi', ['up', '--yes', '--skip-preview', '--stack', life.stack]);
  deployed = readFileSync(stackFile, 'utf8');
});

afterEach(() => {
  if (deployed) writeFileSync(stackFile, deployed);
});

afterAll(async () => {
  await life?.remove();
});

describe('a preview', () => preview(() => life, SECRET));
describe('another state', () => moving(() => life, SECRET));
// Last: it changes the secrets that the others know.
describe('a rotation', () => rotation(() => life));
