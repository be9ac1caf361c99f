/** What Pulumi starts: the package with its schema, until the engine ends. */

import { readFileSync } from 'node:fs';
import * as pulumi from '@pulumi/pulumi';
import { openwebui } from './provider.ts';

/** A file beside the built code's folder, two levels up from bin/package/. */
const beside = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

const { version } = JSON.parse(beside('package.json')) as { version: string };
void pulumi.provider.main(openwebui({ version, schema: beside('schema.json') }), process.argv.slice(2));
