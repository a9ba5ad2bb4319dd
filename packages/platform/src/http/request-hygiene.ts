import { DomainError } from '../errors.ts';

const SAFE_REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;
const PRINTABLE_ASCII = /^[\x21-\x7e]*$/;
const FORBIDDEN_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const JSON_MEDIA_TYPE = /^application\/(?:json|[a-z0-9!#$&^_.-]+\+json)$/;

/** A request id from a header when it is safe to log and to echo. */
export function safeRequestId(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && SAFE_REQUEST_ID.test(header) ? header : undefined;
}

/**
 * Checks path and query before anything reads them.
 *
 * @throws DomainError `bad_request` for malformed percent encoding, bytes that are not UTF-8, NUL, a parameter given
 * twice (frameworks turn it into an array, which the code behind does not expect) or a name that reaches prototypes.
 */
export function checkUrl(url: string): void {
  if (!PRINTABLE_ASCII.test(url))
    throw new DomainError('bad_request', 'The address contains characters that must be encoded.');
  const queryStart = url.indexOf('?');
  const path = queryStart === -1 ? url : url.slice(0, queryStart);
  if (path.includes('%')) decode(path);
  if (queryStart !== -1) checkQuery(url.slice(queryStart + 1));
}

function checkQuery(query: string): void {
  const names = new Set<string>();
  for (const part of query.split('&')) {
    if (part === '') continue;
    const [rawName = '', ...rest] = part.split('=');
    const name = decode(rawName);
    decode(rest.join('='));
    if (FORBIDDEN_NAMES.has(name))
      throw new DomainError('bad_request', 'The query has a parameter that is not allowed.');
    if (names.has(name)) throw new DomainError('bad_request', 'The query has the same parameter twice.');
    names.add(name);
  }
}

/** Percent-decodes; the standard function refuses bytes that are not UTF-8, lone surrogates among them. */
function decode(text: string): string {
  let decoded: string;
  try {
    decoded = text.includes('%') ? decodeURIComponent(text) : text;
  } catch {
    throw new DomainError('bad_request', 'The address is not encoded correctly.');
  }
  if (decoded.includes('\0')) throw new DomainError('bad_request', 'The address contains the NUL character.');
  return decoded;
}

/**
 * Accepts a body's content type only when it is JSON in UTF-8. Everything else is refused, which also shuts out what a
 * form on a foreign page can send.
 *
 * @throws DomainError `unsupported_media_type`
 */
export function checkContentType(contentType: string | undefined, contentEncoding: string | undefined): void {
  if (contentType === 'application/json' && contentEncoding === undefined) return;
  const [mediaType = '', ...parameters] = (contentType ?? '').toLowerCase().split(';');
  const charset = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith('charset='));
  const isUtf8 = charset === undefined || /^charset="?utf-?8"?$/.test(charset);
  const isPlain = contentEncoding === undefined || contentEncoding.toLowerCase() === 'identity';
  if (JSON_MEDIA_TYPE.test(mediaType.trim()) && isUtf8 && isPlain) return;
  throw new DomainError('unsupported_media_type', 'The body must be application/json in UTF-8, not compressed.');
}
