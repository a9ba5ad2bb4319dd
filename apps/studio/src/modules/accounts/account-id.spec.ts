import { expect, test } from '@jest/globals';
import { toExternalKey } from '@tandem/contracts';
import { accountIdOf } from './account-id.ts';

test('a key has the same id for ever: rows already stored depend on it', () => {
  expect(accountIdOf(toExternalKey('v1:partner:77'))).toBe('17ee0913-0c04-5a0e-b1be-fa8c7e9da2d5');
});
