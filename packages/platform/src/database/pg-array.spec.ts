import { expect, test } from '@jest/globals';
import pg from 'pg';
import { toPgArray } from './pg-array.ts';

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
});

test('numbers go as they are, and what is undefined is NULL', () => {
  expect(toPgArray([1, -2, undefined])).toBe('{1,-2,NULL}');
});
