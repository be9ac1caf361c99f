/** Where a stack publishes, and what stands in its way. */

import { createServer } from 'node:net';
import { Deployment } from '../../components/deployment.ts';
import { overlap, publishedUrl } from '../../core/urls.ts';
import { publishedPorts, refusalOf, requirePorts, wantedPorts } from '../../preflight/ports.ts';
import { parse } from '../../settings/parse.ts';
import { named, record } from '../support/mocks.ts';
import { problem, source } from '../support/settings.ts';

describe('addresses', () => {
  it.each<[string | string[], string | undefined, string]>([
    ['127.0.0.1', undefined, 'http://127.0.0.1:3000'],
    ['0.0.0.0', undefined, 'http://127.0.0.1:3000'],
    ['::', undefined, 'http://[::1]:3000'],
    ['0:0:0:0:0:0:0:0', undefined, 'http://[::1]:3000'],
    ['fd00::7', undefined, 'http://[fd00::7]:3000'],
    [['0.0.0.0', '::'], undefined, 'http://127.0.0.1:3000'],
    [['192.0.2.7', '::'], undefined, 'http://[::1]:3000'],
    [['192.0.2.7', '127.0.0.1'], undefined, 'http://192.0.2.7:3000'],
    ['::', 'ssh://me@chat.example.com', 'http://chat.example.com:3000'],
    [['0.0.0.0', '::'], 'tcp://[fd00::7]:2376', 'http://[fd00::7]:3000'],
  ])('%j on %s are reached at %s', (address, host, url) => {
    expect(publishedUrl({ address, port: 3000 }, { address: host })).toBe(url);
  });

  it.each<[string, string, boolean]>([
    ['0.0.0.0', '127.0.0.1', true],
    ['::', '::1', true],
    ['::1', '0:0:0:0:0:0:0:1', true],
    ['127.0.0.1', '127.0.0.2', false],
    ['0.0.0.0', '::', false],
  ])('%s and %s cannot share a port: %s', (one, other, expected) => {
    expect([overlap(one, other), overlap(other, one)]).toEqual([expected, expected]);
  });

  it('may be several, each once', () => {
    const publish = { address: ['0.0.0.0', '::'] };
    expect(parse(source({ webui: { publish } })).webui.publish).toEqual({ port: 3000, ...publish });
    for (const address of [['::', '0:0:0:0:0:0:0:0'], [], ['::1%eth0'], 'fe80::1%eth0', ['localhost'], 7]) {
      const [path, , allowed] = problem({ webui: { publish: { address } } });
      expect([path, allowed]).toEqual([
        'open-webui:webui.publish.address',
        'an IP address of the Docker host, or a list of several',
      ]);
    }
  });

  it('become one publication each', async () => {
    const publish = { address: ['0.0.0.0', '0:0::0'], port: 3005 };
    const { resources } = await record(() => new Deployment('chat', { webui: { publish } }));
    expect(named(resources, 'chat-webui-container').inputs['ports']).toEqual([
      { internal: 8080, external: 3005, ip: '0.0.0.0' },
      { internal: 8080, external: 3005, ip: '::' },
    ]);
  });
});

describe('the ports of docker ps', () => {
  it.each<[string, { address: string; port: number }[]]>([
    ['', []],
    ['8080/tcp', []],
    [
      '0.0.0.0:3000->8080/tcp, :::3000->8080/tcp',
      [
        { address: '0.0.0.0', port: 3000 },
        { address: '::', port: 3000 },
      ],
    ],
    ['[::]:3000->8080/tcp', [{ address: '::', port: 3000 }]],
    [
      '[fd00::7]:80-81->80-81/tcp, 0.0.0.0:53->53/udp',
      [
        { address: 'fd00::7', port: 80 },
        { address: 'fd00::7', port: 81 },
      ],
    ],
  ])('%j', (text, expected) => {
    expect(publishedPorts(text)).toEqual(expected);
  });
});

it('knows what a machine cannot listen on', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  expect(await refusalOf({ address: '127.0.0.1', port })).toBe('another program listens there');
  expect(await refusalOf({ address: '0.0.0.0', port })).toBe('another program listens there');
  await new Promise((resolve) => server.close(resolve));
  expect(await refusalOf({ address: '127.0.0.1', port })).toBeUndefined();
  expect(await refusalOf({ address: '192.0.2.1', port })).toBe(
    'this machine has no such address (ip address lists what it has)',
  );
});

describe('a preflight of ports', () => {
  const servers = {
    webui: { name: 'open-webui', publish: { address: ['127.0.0.1', '::1'], port: 3000 } },
    valkey: { name: 'redis-valkey' },
  };
  /** An engine of another machine, on which these containers run. */
  const check = (...lines: string[]) => {
    const docker = { run: async () => `${lines.join('\n')}\n`, capture: () => Promise.reject(new Error('asked')) };
    const endpoint = { address: 'ssh://elsewhere' };
    return record(() => requirePorts(servers, docker as never, endpoint));
  };

  it('wants what is published, and nothing else', () => {
    expect(wantedPorts(servers)).toEqual([
      { setting: 'webui.publish', key: 'port', address: '127.0.0.1', port: 3000 },
      { setting: 'webui.publish', key: 'port', address: '::1', port: 3000 },
    ]);
    const gateway = { name: 'caddy', publish: { address: '0.0.0.0', ports: { http: 80, https: 443 } } };
    expect(wantedPorts({ gateway })).toEqual([
      { setting: 'gateway.publish', key: 'http', address: '0.0.0.0', port: 80 },
      { setting: 'gateway.publish', key: 'https', address: '0.0.0.0', port: 443 },
    ]);
  });

  it('names the container that has a port, before anything is registered', async () => {
    await expect(check('other\tshop\tprod\t0.0.0.0:3000->80/tcp, :::3001->80/tcp')).rejects.toThrow(
      'Some ports of the stack test cannot be published. Nothing was created or changed.\n' +
        '  127.0.0.1:3000: the container other has 0.0.0.0:3000\n' +
        '    to do: choose another open-webui:webui.publish.port, or another open-webui:webui.publish.address\n',
    );
  });

  it('names the service of a task that has a port', async () => {
    await expect(check('proxy.1.x\t\t\t0.0.0.0:3000->80/tcp\tproxy')).rejects.toThrow(
      'the service proxy has 0.0.0.0:3000',
    );
  });

  it("takes the stack's own ports for free, by name and by label", async () => {
    await check('open-webui\t\t\t127.0.0.1:3000->8080/tcp', 'old\topen-webui\ttest\t:::3000->8080/tcp');
    await check('other\tshop\tprod\t127.0.0.2:3000->80/tcp, 127.0.0.1:3001->80/tcp');
  });
});
