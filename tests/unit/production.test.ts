/** What settings refuse in a hardened or a production stack. */

import { parse } from '../../settings/parse.ts';
import { problem, refusal, source } from '../support/settings.ts';

describe('hardening: strict', () => {
  it('refuses to publish Valkey, as the network has no way in', () => {
    expect(problem({ hardening: 'strict', valkey: { publish: {} } })).toEqual([
      'open-webui:valkey.publish',
      'an object (hardening: strict puts Valkey on a network without a route out, where nothing can be published)',
      'absent, or hardening: standard',
      'remove it; docker exec -it redis-valkey-test valkey-cli still reaches Valkey',
    ]);
    expect(parse(source({ valkey: { publish: {} } })).valkey.publish).toEqual({ port: 6379, address: '127.0.0.1' });
  });

  it('refuses one network for both', () => {
    expect(problem({ hardening: 'strict', network: { name: 'net', internalName: 'net' } })).toEqual([
      'open-webui:network.internalName',
      '"net" (network.name has the same name)',
      'another name than that of network.name',
      'change one of the two',
    ]);
  });

  it('refuses another word', () => {
    expect(problem({ hardening: 'paranoid' })).toEqual([
      'open-webui:hardening',
      '"paranoid"',
      'standard or strict',
      'write standard, or leave it out',
    ]);
  });
});

describe('a production stack', () => {
  const given = (image: string) => ({ webui: { image } });

  it.each([
    ['ghcr.io/open-webui/open-webui:main', 'main is whatever was pushed last'],
    ['ghcr.io/open-webui/open-webui', 'no tag means latest'],
    ['ghcr.io/open-webui/open-webui:v0.12', 'its tag names only a part of a version'],
    ['ghcr.io/open-webui/open-webui:cuda', 'its tag names no version'],
  ])('refuses %s', (image, reason) => {
    const text = refusal(given(image), [], 'prod-eu');
    expect(text).toContain(
      `open-webui:webui.image\n    given:   "${image}" (${reason}, and a stack whose name begins with prod`,
    );
    expect(text).toContain('allowed: a digest, or a tag with all three numbers of a version');
    expect(() => parse(source(given(image)))).not.toThrow();
  });

  it.each([
    'ghcr.io/open-webui/open-webui:v0.12.4',
    `ghcr.io/open-webui/open-webui:main@sha256:${'0'.repeat(64)}`,
    'local/open-webui:0.12.4-pypi',
  ])('accepts %s', (image) => {
    expect(parse(source(given(image), [], 'prod')).webui.image).toBe(image);
  });
});
