/** Settings that flags give beside a move: the file has them, and what is said of the move says so, too. */

import { move, read, removeProjects } from '../support/compose.ts';

afterEach(removeProjects);

const FILE = `
services:
  ui:
    image: ghcr.io/open-webui/open-webui:0.6.5
    ports: ["8080:8080"]
    environment: { WEBSOCKET_MANAGER: redis, WEBSOCKET_REDIS_URL: "redis://cache:6379/1" }
    volumes: [data:/app/backend/data]
  cache: { image: "valkey/valkey:8.0.1-alpine" }
volumes: { data: {} }
`;

const asked = (path: string, value: unknown) => ({ path: path.split('.'), value });

/** All that is said of a move with some settings. */
function said(file: string, ...wanted: ReturnType<typeof asked>[]) {
  const { config, notes, upgrades } = move(read(file), { wanted });
  return { config, upgrades, text: Object.values(notes).flat().join('\n') };
}

it('names the image that was asked for, and no other one', () => {
  const { config, upgrades, text } = said(FILE, asked('webui.image', 'ghcr.io/open-webui/open-webui:v0.12.3'));
  expect(config['webui']).toMatchObject({ image: 'ghcr.io/open-webui/open-webui:v0.12.3' });
  expect(upgrades).toBe(true);
  expect(text).toContain(
    'ui: ghcr.io/open-webui/open-webui:v0.12.3, as asked, in place of ghcr.io/open-webui/open-webui:0.6.5; the data',
  );
  expect(text).not.toContain('v0.12.4');
  const valkey = said(FILE, asked('valkey.image', 'docker.io/valkey/valkey:8.1.4-alpine'));
  expect(valkey.text).toContain(
    'docker.io/valkey/valkey:8.1.4-alpine, as asked, in place of valkey/valkey:8.0.1-alpine',
  );
  expect(valkey.text).not.toContain('Valkey 8.0.10');
});

it('names the port and the address that were asked for', () => {
  const { config, text } = said(FILE, asked('webui.publish.port', 3005), asked('webui.publish.address', '127.0.0.1'));
  expect(config['webui']).toMatchObject({ publish: { port: 3005 } });
  expect(text).toContain('ui: published on 127.0.0.1, port 3005 as asked, in place of 8080');
  const hidden = said(FILE.replace('ports: ["8080:8080"]', ''), asked('webui.publish.port', 3005));
  expect(hidden.config['webui']).toMatchObject({ publish: { port: 3005 } });
  expect(hidden.text).toContain('ui: published on port 3005, as asked; it was not published');
  expect(hidden.text).not.toContain('no port of the host');
});

it('says which hardening was asked for', () => {
  const { config, text } = said(FILE, asked('hardening', 'strict'));
  expect(config['hardening']).toBe('strict');
  expect(text).toContain('hardening: strict, as asked');
  expect(text).not.toContain('would leave no root');
});
