/**
 * Inside a network namespace: ports of its loopback lead to the Unix sockets that are called like them in a folder. Ends when the socket `life`
 * in there is closed, to which it connects once all ports are open.
 */

import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';

const [dir = '', ...ports] = process.argv.slice(2);
for (const port of ports) {
  const server = createServer((client) => {
    const outside = connect(join(dir, port));
    client.on('error', () => outside.destroy()).pipe(outside);
    outside.on('error', () => client.destroy()).pipe(client);
  });
  await once(server.listen(Number(port), '127.0.0.1'), 'listening');
}
connect(join(dir, 'life'))
  .on('error', () => process.exit(1))
  .on('close', () => process.exit());
