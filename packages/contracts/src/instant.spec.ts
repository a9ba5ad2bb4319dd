import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readMoment } from './instant.ts';

describe('a moment', () => {
  test.each([
    ['2026-01-31T12:00Z', '2026-01-31T12:00:00.000000Z'],
    ['2026-01-31T12:00:00+05:30', '2026-01-31T06:30:00.000000Z'],
    ['2026-01-31T12:00:00.1Z', '2026-01-31T12:00:00.100000Z'],
    ['2026-01-31T12:00:00.123456-01:00', '2026-01-31T13:00:00.123456Z'],
    ['1900-01-01T00:00:00Z', '1900-01-01T00:00:00.000000Z'],
    ['9998-12-31T23:59:59.999999Z', '9998-12-31T23:59:59.999999Z'],
  ])('%s is %s', (text, instant) => {
    expect(readMoment(text)).toBe(instant);
  });

  test.each([
    '2027-W10-1T00:00:00Z',
    '2027-001T00:00:00Z',
    '2027-01-01T00:00:00,5Z',
    '2027-01-01T10Z',
    '2027-01-01T10:00:00+99:99',
    '2027-01-01T10:00:00',
    '2027-01-01T10:00:00.1234567Z',
    '2027-01-01 10:00:00Z',
    '2027-01-01',
    '2027-02-29T00:00:00Z',
    '2027-01-01T25:00:00Z',
    '-0001-01-01T00:00:00Z',
    '+2027-01-01T00:00:00Z',
    '1899-12-31T23:59:59Z',
    '9999-01-01T00:00:00Z',
    ' 2027-01-01T10:00:00Z',
    '',
    20_270_101,
    null,
  ])('%p is none', (value) => {
    expect(readMoment(value)).toBeNull();
  });

  test('in UTC with all its decimals is read as itself, and a Date understands it', () => {
    const range = { min: new Date(Date.UTC(1900)), max: new Date(Date.UTC(9998, 11)), noInvalidDate: true };
    fc.assert(
      fc.property(fc.date(range), fc.integer({ min: 0, max: 999 }), (date, microseconds) => {
        const written = date.toISOString().replace('Z', `${String(microseconds).padStart(3, '0')}Z`);
        expect(readMoment(written)).toBe(written);
        expect(new Date(written).getTime()).toBe(date.getTime());
      }),
    );
  });
});
