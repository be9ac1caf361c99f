import { shellAssignments } from '../../core/shell.ts';
import { type Duration, type Size, toLogSize, toSeconds } from '../../core/units.ts';
import { cpuText, goDuration } from '../../platform/docker/containers.ts';

describe('durations', () => {
  it.each<[Duration, number, string]>([
    ['0s', 0, '0s'],
    ['30s', 30, '30s'],
    ['60s', 60, '1m0s'],
    ['90s', 90, '1m30s'],
    ['2m', 120, '2m0s'],
    ['1h', 3600, '1h0m0s'],
    ['3661s', 3661, '1h1m1s'],
  ])('%s is %d seconds, and %s as the provider reads it back', (duration, seconds, go) => {
    expect(toSeconds(duration)).toBe(seconds);
    expect(goDuration(duration)).toBe(go);
  });

  it.each(['', '30', '1.5s', '-1s', ' 30s', '30 s', '30ms'])('refuses %j', (text) => {
    expect(() => toSeconds(text as Duration)).toThrow(
      new RangeError(`expected a quantity with its unit such as "30s", got "${text}"`),
    );
  });
});

describe('sizes', () => {
  it.each<[Size, string]>([
    ['1 MB', '1m'],
    ['512 KB', '512k'],
    ['2 GB', '2g'],
  ])('%s is %s in a log option', (size, option) => {
    expect(toLogSize(size)).toBe(option);
  });

  it.each(['1', '1MB', '0 MB', '1.5 MB', '1 mb', '1 MiB'])('refuses %j', (text) => {
    expect(() => toLogSize(text as Size)).toThrow(
      new RangeError(`expected a quantity with its unit such as "10 MB", got "${text}"`),
    );
  });
});

describe('cpuText', () => {
  it.each([
    [1, '1.0'],
    [2, '2.0'],
    [0.5, '0.5'],
    [1.5, '1.5'],
  ])('%d is %s', (cpus, text) => {
    expect(cpuText(cpus)).toBe(text);
  });
});

describe('shellAssignments', () => {
  it.each([
    ['a b', `X='a b'\n`],
    [`it's "$HOME" \`id\``, `X='it'\\''s "$HOME" \`id\`'\n`],
    ['two\nlines', `X='two\nlines'\n`],
  ])('quotes %j', (value, text) => {
    expect(shellAssignments({ X: value })).toBe(text);
  });
});
