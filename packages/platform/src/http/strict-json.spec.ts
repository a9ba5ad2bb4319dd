import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DomainError } from '../errors.ts';
import { parseStrictJson } from './strict-json.ts';

/** Names that every object has before anybody gave it any. */
const inherited = ['prototype', ...Object.getOwnPropertyNames(Object.prototype)];

const parse = (text: string) => parseStrictJson(Buffer.from(text));

describe('parseStrictJson', () => {
  test.each(inherited)('refuses the field name %s at any depth', (name) => {
    expect(() => parse(`{${JSON.stringify(name)}:1}`)).toThrow(DomainError);
    expect(() => parse(`[{"a":{${JSON.stringify(name)}:1}}]`)).toThrow(DomainError);
  });

  test('gives what JSON.parse gives for every well-formed document without forbidden keys', () => {
    const document = fc.jsonValue({ maxDepth: 8, stringUnit: 'binary' }).filter((value) => {
      const text = JSON.stringify(value);
      return (
        typeof value === 'object' &&
        value !== null &&
        !/\\u0000|\\ud[89a-f]/i.test(text) &&
        !inherited.some((name) => text.includes(name))
      );
    });
    fc.assert(
      fc.property(document, fc.integer({ min: 0, max: 3 }), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(parse(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  test('refuses with a 400 whatever JSON.parse refuses, and never throws anything else', () => {
    const fragments = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      ':',
      ',',
      '1',
      'null',
      'a',
      '\\',
      '\\"',
      '\\u0061',
      '"a"',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(fragments, { maxLength: 14 }), (parts) => {
        const text = parts.join('');
        let outcome: unknown;
        try {
          outcome = parse(text);
        } catch (error) {
          expect(error).toBeInstanceOf(DomainError);
          return;
        }
        expect(outcome).toEqual(JSON.parse(text));
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['nothing', ''],
    ['only spaces', '  '],
    ['a top-level string', '"text"'],
    ['a top-level null', 'null'],
    ['a top-level number', '5'],
    ['a cut document', '{"a":'],
    ['a text after the document', '{} x'],
    ['33 levels', '['.repeat(33) + ']'.repeat(33)],
    ['40,000 levels', '['.repeat(40_000) + ']'.repeat(40_000)],
    ['a key twice', '{"amount":1,"amount":999}'],
    ['a key twice, once escaped', '{"amount":1,"\\u0061mount":999}'],
    ['a key twice after a nested object', '{"a":{"b":1},"a":2}'],
    ['__proto__', '{"__proto__":{"admin":true}}'],
    ['__proto__ escaped', '{"\\u005f_proto__":1}'],
    ['constructor in an array', '[{"constructor":{}}]'],
    ['NUL escaped', '{"a":"x\\u0000y"}'],
    ['NUL in a key', '{"x\\u0000y":1}'],
    ['a lone high surrogate', '{"a":"\\ud800"}'],
    ['a lone low surrogate', '{"a":"\\udc00x"}'],
    ['a bad escape', '{"a":"\\x"}'],
  ])('refuses %s', (_name, text) => {
    expect(() => parse(text)).toThrow(DomainError);
  });

  test('refuses bytes that are not UTF-8', () => {
    expect(() => parseStrictJson(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))).toThrow(/UTF-8/);
  });

  test('accepts 32 levels, equal keys in different objects, keys as values, and surrogate pairs', () => {
    expect(parse('['.repeat(32) + ']'.repeat(32))).toBeDefined();
    expect(parse('[{"a":1},{"a":{"a":2}}]')).toEqual([{ a: 1 }, { a: { a: 2 } }]);
    expect(parse('{"a":"constructor","b":["a","a"],"c":"}{\\"],["}')).toMatchObject({ b: ['a', 'a'] });
    expect(parse('{"a":"\\ud83d\\ude80"}')).toEqual({ a: '🚀' });
  });

  test('does not echo the input', () => {
    expect(() => parse('{"secret-value"')).toThrow(
      expect.objectContaining({ message: expect.not.stringMatching(/secret/) }),
    );
  });
});
