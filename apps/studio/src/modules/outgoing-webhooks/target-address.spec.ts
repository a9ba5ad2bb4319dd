import { lookup, type LookupAddress } from 'node:dns';
import { describe, expect, test } from '@jest/globals';
import { checkTargetUrl, guardedLookup, isPublicAddress, RefusedTargetError } from './target-address.ts';

const open = { allowPrivateAddresses: false };

describe('checkTargetUrl', () => {
  test.each([
    'http://example.com/hook',
    'ftp://example.com/hook',
    'file:///etc/passwd',
    'gopher://127.0.0.1:6379/_FLUSHALL',
    'javascript:alert(1)',
    '//example.com/hook',
    'not a url',
    'https://user:password@example.com/hook',
    'https://example.com@127.0.0.1/',
    'https://example.com/hook#fragment',
    'https://localhost/hook',
    'https://LOCALHOST./hook',
    'https://studio.localhost/hook',
    'https://printer.local/hook',
    'https://metadata.google.internal/computeMetadata/v1/',
    'https://postgres:5432/',
    'https://127.0.0.1/hook',
    'https://127.1/hook',
    'https://2130706433/hook',
    'https://0x7f000001/hook',
    'https://0177.0.0.1/hook',
    'https://0/hook',
    'https://10.0.0.8/hook',
    'https://172.31.255.255/hook',
    'https://192.168.1.1/hook',
    'https://169.254.169.254/latest/meta-data/',
    'https://100.64.0.1/hook',
    'https://198.18.0.1/hook',
    'https://224.0.0.1/hook',
    'https://255.255.255.255/hook',
    'https://[::1]/hook',
    'https://[::]/hook',
    'https://[::ffff:127.0.0.1]/hook',
    'https://[::ffff:a9fe:a9fe]/hook',
    'https://[::127.0.0.1]/hook',
    'https://[fe80::1]/hook',
    'https://[fd00:ec2::254]/hook',
    'https://[ff02::1]/hook',
    'https://[64:ff9b::7f00:1]/hook',
    'https://[2002:7f00:1::]/hook',
    'https://[2001:db8::1]/hook',
    `https://example.com/${'x'.repeat(2000)}`,
    'https://⑯⑨。②⑤④。⑯⑨。②⑤④/',
  ])('refuses %s', (url) => {
    expect(() => checkTargetUrl(url, open)).toThrow(RefusedTargetError);
  });

  test.each([
    'https://example.com/hook?key=1',
    'https://hooks.example.co.uk:8443/',
    'https://8.8.8.8/',
    'https://[2606:4700::1111]/',
  ])('takes %s', (url) => {
    expect(checkTargetUrl(url, open).href).toBe(url);
  });

  test('takes http and loopback only where the configuration allows private addresses', () => {
    expect(checkTargetUrl('http://127.0.0.1:8080/hook', { allowPrivateAddresses: true }).port).toBe('8080');
    expect(() => checkTargetUrl('ftp://127.0.0.1/', { allowPrivateAddresses: true })).toThrow(RefusedTargetError);
  });
});

describe('guardedLookup', () => {
  /** What a connection to the name gets, when the name resolves to these addresses. */
  function connectTo(addresses: string[], policy = open): Promise<string | LookupAddress[]> {
    const answer = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    const resolver = (_name: string, _options: object, callback: (error: null, found: LookupAddress[]) => void) =>
      callback(null, answer);
    const resolve = Object.assign(resolver as typeof lookup, { __promisify__: lookup.__promisify__ });
    return new Promise((done, fail) => {
      guardedLookup(policy, resolve)('hooks.example.com', { all: true }, (error, found) =>
        error ? fail(error) : done(found),
      );
    });
  }

  test.each([
    [['127.0.0.1']],
    [['::ffff:10.0.0.1']],
    [['169.254.169.254']],
    [['8.8.8.8', '192.168.0.1']],
    [['2606:4700::1111', 'fd00::1']],
    [[]],
  ])('refuses a name that resolves to %j', async (addresses) => {
    await expect(connectTo(addresses)).rejects.toThrow(RefusedTargetError);
  });

  test('hands on exactly the addresses it checked', async () => {
    expect(await connectTo(['8.8.8.8'])).toEqual([{ address: '8.8.8.8', family: 4 }]);
    expect(await connectTo(['10.0.0.1'], { allowPrivateAddresses: true })).toHaveLength(1);
  });
});

test('what is no address is not public', () => {
  expect(isPublicAddress('example.com')).toBe(false);
  expect(isPublicAddress('')).toBe(false);
});
