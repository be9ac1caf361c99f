import { median, ratio, slower } from '../../bench/statistics.ts';

it('takes the middle of what was measured', () => {
  expect(median([9, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 100])).toBe(3);
});

it('compares round by round, so that a slow round counts for both', () => {
  expect(ratio([2, 20, 3], [1, 10, 1])).toBe(2);
});

it('tells which ratio has grown, and lets chance be', () => {
  const before = { 'cold start': 1.1, preview: 4 };
  expect(slower({ 'cold start': 1.2, preview: 3 }, before)).toEqual([]);
  expect(slower({ 'cold start': 1.3, preview: 3, 'not recorded': 9 }, before)).toEqual([
    'cold start: 1.30 ×, and it was 1.10 ×',
  ]);
});
