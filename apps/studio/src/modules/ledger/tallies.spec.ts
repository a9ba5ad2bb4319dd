import { expect, test } from '@jest/globals';
import { Tallies } from './tallies.ts';

test('a tally is of one name and stays while it counts, however many other names come', () => {
  const tallies = new Tallies();
  const counted = tallies.of('counted');
  counted.count += 2;
  for (let n = 0; n < 120_000; n += 1) {
    const passing = tallies.of(`passing ${n}`);
    passing.count += 1;
    passing.count -= 1;
  }
  expect(tallies.of('counted')).toBe(counted);
  expect(tallies.of('counted').count).toBe(2);
  expect(tallies.of('other').count).toBe(0);
});
