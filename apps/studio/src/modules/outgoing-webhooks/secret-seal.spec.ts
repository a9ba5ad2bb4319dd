import { expect, test } from '@jest/globals';
import { SecretSeal } from './secret-seal.ts';

test('a sealed secret opens with its key in its row only, shows nothing, and never looks the same twice', () => {
  const seal = new SecretSeal('a key of the configuration');
  const sealed = seal.seal('whsec_secret', 'row 1');
  expect(seal.open(sealed, 'row 1')).toBe('whsec_secret');
  expect(sealed.includes('whsec')).toBe(false);
  expect(seal.seal('whsec_secret', 'row 1').equals(sealed)).toBe(false);
  expect(() => seal.open(sealed, 'row 2')).toThrow(/does not open/);
  expect(() => new SecretSeal('another key').open(sealed, 'row 1')).toThrow(/STUDIO_WEBHOOK_SEALING_KEY/);
  for (const index of [1, 15, sealed.length - 1]) {
    const changed = Buffer.from(sealed);
    changed[index] = (changed[index] ?? 0) ^ 1;
    expect(() => seal.open(changed, 'row 1')).toThrow(/does not open/);
  }
});
