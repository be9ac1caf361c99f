/**
 * A chat for each customer, each a stack of its own: `node index.ts up customers.json`, and `destroy` instead of `up`. What happens is one JSON
 * object a line on standard output, for a program that reads it; the exit code says whether all went well.
 */

import { readFileSync } from 'node:fs';
import * as openwebui from '@pulumi/openwebui';
import { automation } from '@pulumi/pulumi';

/** A customer, as customers.json has it. */
interface Customer {
  /** Name of the stack: small letters, digits and hyphens. */
  name: string;
  port: number;
  email: string;
  /** Other images than the default ones. */
  images?: { valkey: string; webui: string };
}

/** What happens to the stack of a customer. */
type Happening =
  | { kind: 'progress'; operation: string; resource: string; done: boolean }
  | { kind: 'failed'; message: string }
  | { kind: 'deployed'; url: string; adminEmail: string; adminPassword: string }
  | { kind: 'destroyed' };

const tell = (customer: Customer, happening: Happening) =>
  console.log(JSON.stringify({ customer: customer.name, ...happening }));

/** What a stack consists of. */
const chatOf =
  ({ port, email, images }: Customer): automation.PulumiFn =>
  async () => {
    const { url, adminEmail, adminPassword } = new openwebui.Deployment('chat', {
      valkey: { image: images?.valkey },
      webui: { image: images?.webui, publish: { port }, admin: { email } },
    });
    return { url, adminEmail, adminPassword };
  };

/** The last part of the name by which Pulumi knows a resource. */
const nameOf = (urn: string) => urn.split('::').at(-1) ?? urn;

/** Deploys or destroys; never fails, so that one customer does not stop the others. */
async function run(command: 'up' | 'destroy', customer: Customer): Promise<boolean> {
  const errors: string[] = [];
  const onEvent = ({
    resourcePreEvent: begun,
    resOutputsEvent: ended,
    diagnosticEvent: said,
  }: automation.EngineEvent) => {
    const metadata = (begun ?? ended)?.metadata;
    if (metadata && metadata.op !== 'same')
      tell(customer, {
        kind: 'progress',
        operation: metadata.op,
        resource: nameOf(metadata.urn),
        done: ended !== undefined,
      });
    if (said?.severity === 'error') errors.push(said.message.trim());
  };
  try {
    const options = { stackName: customer.name, projectName: 'customers', program: chatOf(customer) };
    const stack = await automation.LocalWorkspace.createOrSelectStack(options, { workDir: import.meta.dirname });
    if (command === 'destroy') {
      await stack.destroy({ onEvent });
      tell(customer, { kind: 'destroyed' });
      return true;
    }
    const { outputs } = await stack.up({ onEvent });
    const { url, adminEmail, adminPassword } = outputs;
    tell(customer, {
      kind: 'deployed',
      ...{ url: url?.value, adminEmail: adminEmail?.value, adminPassword: adminPassword?.value },
    });
    return true;
  } catch (error) {
    // What the engine says is the reason; what the library throws has all of the output in it.
    tell(customer, { kind: 'failed', message: errors[0] ?? (error as Error).message });
    return false;
  }
}

const [command, file = 'customers.json'] = process.argv.slice(2);
if (command !== 'up' && command !== 'destroy') throw new Error('usage: node index.ts up|destroy [customers.json]');
const customers = JSON.parse(readFileSync(file, 'utf8')) as Customer[];
// One after the other: in one process, what one program leaves uncaught would end the others.
let allWell = true;
for (const customer of customers) allWell = (await run(command, customer)) && allWell;
process.exitCode = allWell ? 0 : 1;
