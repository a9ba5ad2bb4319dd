import { lookup as resolveName, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** What addresses Studio may be told to call. */
export interface TargetPolicy {
  /** True only in development and tests: plain http, and addresses of this machine and its networks. */
  readonly allowPrivateAddresses: boolean;
}

/** The address is not one Studio may call. The text is for the person who gave it. */
export class RefusedTargetError extends Error {
  override readonly name = 'RefusedTargetError';
}

const URL_LENGTH_MAX = 2000;
/** Names that stay inside a machine or a network, whatever its resolver answers. */
const INNER_NAMES = ['localhost', 'local', 'internal', 'intranet', 'lan', 'corp', 'home.arpa'];
const GLOBAL_UNICAST_V6 = ipaddr.IPv6.parseCIDR('2000::/3');

/** True for an address of the open internet. What is not known to be one is none. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  // Also looks through IPv4 addresses mapped into IPv6.
  const parsed = ipaddr.process(address);
  if (parsed.range() !== 'unicast') return false;
  return parsed instanceof ipaddr.IPv4 || parsed.match(GLOBAL_UNICAST_V6);
}

/**
 * Checks a URL before anything is resolved. The URL parser has already turned numbers, hex and octal forms of an
 * address into the plain one.
 * @throws RefusedTargetError
 */
export function checkTargetUrl(text: string, policy: TargetPolicy): URL {
  if (text.length > URL_LENGTH_MAX) throw new RefusedTargetError(`must have at most ${URL_LENGTH_MAX} characters`);
  if (!URL.canParse(text)) throw new RefusedTargetError('must be an absolute URL');
  const url = new URL(text);
  const isWeb = url.protocol === 'https:' || (policy.allowPrivateAddresses && url.protocol === 'http:');
  if (!isWeb) throw new RefusedTargetError('must begin with https://');
  if (url.username !== '' || url.password !== '') throw new RefusedTargetError('must not carry a user or a password');
  if (url.hash !== '') throw new RefusedTargetError('must not have a fragment');
  if (!policy.allowPrivateAddresses && !isPublicHost(url.hostname)) {
    throw new RefusedTargetError('must be a host of the public internet');
  }
  return url;
}

function isPublicHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (ipaddr.isValid(host)) return isPublicAddress(host);
  const isInner = INNER_NAMES.some((name) => host === name || host.endsWith(`.${name}`));
  return host.includes('.') && !isInner;
}

/**
 * Resolves a name for one connection and refuses it unless every address is public. The connection goes to exactly the
 * addresses checked here: there is no second look-up that could answer something else.
 * @param resolve the resolver of the system, unless a test brings another
 */
export function guardedLookup(policy: TargetPolicy, resolve: typeof resolveName = resolveName): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => {
      const first = addresses?.[0];
      if (error !== null || first === undefined) {
        callback(error ?? new RefusedTargetError(`${hostname} has no address`), '');
      } else if (!policy.allowPrivateAddresses && !addresses.every(({ address }) => isPublicAddress(address))) {
        callback(new RefusedTargetError(`${hostname} resolves to an address that is not public`), '');
      } else if (options.all === true) {
        callback(null, addresses);
      } else {
        callback(null, first.address, first.family);
      }
    });
  };
}
