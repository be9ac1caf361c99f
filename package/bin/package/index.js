import { readFileSync } from 'node:fs';
import * as pulumi from '@pulumi/pulumi';
import { openwebui } from './provider.js';
const beside = (name) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const { version } = JSON.parse(beside('package.json'));
void pulumi.provider.main(openwebui({ version, schema: beside('schema.json') }), process.argv.slice(2));
