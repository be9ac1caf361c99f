import { median, ratio } from '../../bench/statistics.ts';

it('takes the middle of what was measured', () => {
  expect(median([9, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 100])).toBe(3);
});

it('compares round by round, so that a slow round counts for both', () => {
  expect(ratio([2, 20, 3], [1, 10, 1])).toBe(2);
});
