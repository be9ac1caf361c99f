import { tunnelCommand } from '../../core/endpoint.ts';

it('a page on the loopback address of another host is brought here by ssh', () => {
  const page = 'http://127.0.0.1:3000';
  expect(tunnelCommand({ address: 'ssh://deploy@host' }, page)).toBe('ssh -N -L 3000:127.0.0.1:3000 deploy@host');
  expect(tunnelCommand({ address: 'ssh://host:2222' }, page)).toBe('ssh -N -L 3000:127.0.0.1:3000 -p 2222 host');
  expect(tunnelCommand({ address: 'ssh://host' }, 'https://chat.example.com')).toBeUndefined();
  expect(tunnelCommand({}, page)).toBeUndefined();
});
