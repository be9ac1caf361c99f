/** Where a browser for the tests comes from. */

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aptInstall, isDebian, isRoot } from '../../setup/apt.ts';
import { provideBrowser } from '../../setup/browser.ts';

jest.mock('../../setup/apt.ts');

let dir: string;

const present = (...names: string[]) => {
  for (const name of names) {
    writeFileSync(join(dir, name), '#!/bin/sh\n');
    chmodSync(join(dir, name), 0o755);
  }
};

const provide = () => provideBrowser({ PATH: dir }, () => {});

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'browser-'));
  jest.mocked(isDebian).mockReturnValue(true);
});

afterEach(() => rmSync(dir, { recursive: true }));

it('is the one that is there, whatever it is called', async () => {
  present('google-chrome', 'certutil', 'ip', 'unshare');
  expect(await provide()).toMatchObject({ chromium: join(dir, 'google-chrome'), certutil: join(dir, 'certutil') });
});

it('is installed for root, as far as it is missing', async () => {
  jest.mocked(isRoot).mockReturnValue(true);
  present('certutil', 'ip', 'unshare');
  const install = jest.mocked(aptInstall).mockImplementation(async () => present('chromium'));
  expect(await provide()).toMatchObject({ chromium: join(dir, 'chromium') });
  expect(install.mock.calls.map(([packages]) => packages)).toEqual([['chromium']]);
});

it('is asked for where nothing may be installed', async () => {
  jest.mocked(isRoot).mockReturnValue(false);
  present('ip', 'unshare');
  await expect(provide()).rejects.toMatchObject({
    name: 'UserError',
    message:
      'The browser test needs what Debian has in chromium, libnss3-tools; only for root on Debian or Ubuntu does this command install it.',
    next: 'Install it, and try again.',
  });
});
