import { expect, test } from '@jest/globals';
import { monthOf, monthsAfter, monthsBetween, readMonth } from './month.ts';

test('months follow each other without gap over the turn of a year', () => {
  let month = readMonth('2023-11');
  const names: string[] = [];
  for (let n = 0; n < 5; n += 1) {
    const next = monthsAfter(month, 1);
    expect(next.from).toEqual(month.to);
    names.push(month.name);
    month = next;
  }
  expect(names).toEqual(['2023-11', '2023-12', '2024-01', '2024-02', '2024-03']);
  expect(monthsBetween(readMonth('2023-11'), month)).toBe(5);
});

test('the last microsecond of a month is in it, the next is not', () => {
  expect(monthOf(new Date('2024-02-29T23:59:59.999Z')).name).toBe('2024-02');
  expect(monthOf(new Date('2024-03-01T00:00:00.000Z')).name).toBe('2024-03');
});

test.each(['2024-13', '2024-00', '24-01', '2024-1', '2024-01-01', '0024-01', ''])('%p is no month', (text) => {
  expect(() => readMonth(text)).toThrow(expect.objectContaining({ code: 'validation_failed' }));
});
