import { expect, test } from '@jest/globals';
import pg from 'pg';
import { toBarePgArray, toPgArray } from './pg-array.ts';

const TEXT_ARRAY = 1009;

test('an array reads back as it was, whatever its texts hold', () => {
  const texts = [
    '',
    'plain',
    'NULL',
    'null',
    ' a b ',
    'a,b',
    '{}',
    '"',
    '\\',
    '\\"',
    "it's",
    'line\nbreak',
    'é 😀',
    null,
  ];
  const read = pg.types.getTypeParser(TEXT_ARRAY as never) as (literal: string) => unknown;
  expect(read(toPgArray(texts))).toEqual(texts);
  expect(read(toPgArray([]))).toEqual([]);
  const plain = ['', 'NULL', 'a,b', '{}', 'é 😀'];
  expect(read(toPgArray(plain))).toEqual(plain);
  expect(read(toPgArray([...plain, '"']))).toEqual([...plain, '"']);
});

test('numbers go as they are, and what is undefined is NULL', () => {
  expect(toPgArray([1, -2, undefined])).toBe('{1,-2,NULL}');
});

test('what needs no quotes reads back as well', () => {
  const read = pg.types.getTypeParser(TEXT_ARRAY as never) as (literal: string) => unknown;
  expect(read(toBarePgArray([1, '-2', 'af09', '2ed6657d-e927-568b-95e1-2665a8aea6a2']))).toEqual([
    ...['1', '-2', 'af09', '2ed6657d-e927-568b-95e1-2665a8aea6a2'],
  ]);
  expect(read(toBarePgArray([]))).toEqual([]);
});
