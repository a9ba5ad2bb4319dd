import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  accountKeyFor,
  buildExternalKey,
  EXTERNAL_KEY_KINDS,
  EXTERNAL_KEY_PATTERN,
  InvalidExternalKeyError,
  parseExternalKey,
  toExternalKey,
  v1Key,
  type ExternalKeyKind,
} from './external-key.ts';

const ids = fc
  .stringMatching(/^[A-Za-z0-9_-]{1,128}$/)
  .filter((id) => !/^0[0-9]+$/.test(id) && id.length >= 1 && id.length <= 128);
const parts = fc.oneof(
  fc.record({
    namespace: fc.constant('v1' as const),
    kind: fc.constantFrom<ExternalKeyKind>(...EXTERNAL_KEY_KINDS.v1),
    id: ids,
  }),
  fc.record({
    namespace: fc.constant('v2' as const),
    kind: fc.constantFrom<ExternalKeyKind>(...EXTERNAL_KEY_KINDS.v2),
    id: ids,
  }),
);

describe('external_key', () => {
  test('what is built is read back unchanged, for every namespace, kind and id', () => {
    fc.assert(fc.property(parts, (value) => expect(parseExternalKey(buildExternalKey(value))).toEqual(value)));
  });

  test('the pattern for tables and documents accepts exactly what the parser accepts', () => {
    const nearMisses = fc
      .tuple(
        fc.constantFrom('v1', 'v2', 'V1', 'v3', ''),
        fc.constantFrom('partner', 'tenant', 'user', ''),
        fc.string({ maxLength: 6 }),
      )
      .map(([namespace, kind, id]) => `${namespace}:${kind}:${id}`);
    fc.assert(
      fc.property(fc.oneof(fc.string(), nearMisses, parts.map(buildExternalKey)), (text) => {
        let accepted = true;
        try {
          parseExternalKey(text);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidExternalKeyError);
          accepted = false;
        }
        expect(EXTERNAL_KEY_PATTERN.test(text)).toBe(accepted);
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    '',
    'v1',
    'v1:partner',
    'v1:partner:',
    'v1:partner:07',
    'v1:partner:007',
    ' v1:partner:7',
    'xv2:tenant:7',
    'v1:tenant:1',
    'v2:partner:1',
    'v1:partner:1:2',
    'v1:partner:a b',
    'V1:partner:1',
    'v1:partner:é',
  ])('refuses %j, and so do tables', (text) => {
    expect(() => parseExternalKey(text)).toThrow(InvalidExternalKeyError);
    expect(text).not.toMatch(EXTERNAL_KEY_PATTERN);
  });

  test.each([
    ['v1:partner', 'external_key must look like v1:partner:77'],
    ['v1', 'external_key must look like v1:partner:77'],
    ['v1:partner:1:2', 'external_key must look like v1:partner:77'],
    ['v3:partner:1', 'external_key must begin with v1: or v2:'],
    ['v2:partner:1', 'external_key kind must be one of tenant, external after v2:'],
    ['v1:partner:a b', 'external_key id must be 1 to 128 characters of A-Z a-z 0-9 _ -'],
    [`v1:partner:${'9'.repeat(129)}`, 'external_key id must be 1 to 128 characters of A-Z a-z 0-9 _ -'],
    ['v1:partner:07', 'external_key id must not have leading zeros'],
    ['v1:partner:007', 'external_key id must not have leading zeros'],
  ])('says what is wrong with %j', (text, message) => {
    expect(() => parseExternalKey(text)).toThrow(expect.objectContaining({ name: 'InvalidExternalKeyError', message }));
  });

  test.each(['v1:partner:0', 'v1:partner:10', 'v1:partner:1a07', 'v1:partner:0a', 'v1:partner:a0'])(
    '%j has no leading zeros to speak of',
    (text) => expect(toExternalKey(text)).toBe(text),
  );

  test('nothing becomes a key without being canonical', () => {
    expect(() => toExternalKey('v1:partner:07')).toThrow(InvalidExternalKeyError);
    expect(() => buildExternalKey({ namespace: 'v1', kind: 'tenant', id: '1' })).toThrow(InvalidExternalKeyError);
    expect(() => v1Key('partner', 1.5)).toThrow(InvalidExternalKeyError);
    expect(v1Key('channel', 5)).toBe('v1:channel:5');
  });

  test('the partner pays before the client, the client before the assignment, the assignment before the invoice', () => {
    const all = { partnerId: 1, clientId: 2, assignmentId: 3, invoiceId: 4 };
    expect(accountKeyFor(all)).toBe('v1:partner:1');
    expect(accountKeyFor({ ...all, partnerId: null })).toBe('v1:client:2');
    expect(accountKeyFor({ assignmentId: 3, invoiceId: 4 })).toBe('v1:assignment:3');
    expect(accountKeyFor({ invoiceId: 4 })).toBe('v1:invoice:4');
    expect(() => accountKeyFor({})).toThrow(InvalidExternalKeyError);
    expect(() => accountKeyFor({ partnerId: null, clientId: null, assignmentId: null, invoiceId: null })).toThrow(
      'no partner, client, assignment or invoice to build an account key from',
    );
  });
});
