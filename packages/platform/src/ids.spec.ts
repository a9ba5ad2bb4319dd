import { expect, test } from '@jest/globals';
import { validate, version } from 'uuid';
import { idFromName, newId } from './ids.ts';

test('new ids sort by the order they were made in', () => {
  const ids = Array.from({ length: 10_000 }, newId);
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(ids).size).toBe(10_000);
});

test('new ids are UUIDs of version 7, with their own random part', () => {
  const ids = Array.from({ length: 1000 }, newId);
  expect(ids.filter((id) => !validate(id) || version(id) !== 7)).toEqual([]);
  expect(new Set(ids.map((id) => id.slice(19))).size).toBe(1000);
});

test('a name gives the id the standard says, on every machine', () => {
  // Example of RFC 9562, appendix A.4.
  expect(idFromName('www.example.com', '6ba7b810-9dad-11d1-80b4-00c04fd430c8')).toBe(
    '2ed6657d-e927-568b-95e1-2665a8aea6a2',
  );
});
