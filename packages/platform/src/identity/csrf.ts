import { doubleCsrf, type DoubleCsrfUtilities } from 'csrf-csrf';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '../errors.ts';

export const CSRF_COOKIE = 'XSRF-TOKEN';

/**
 * Signed double-submit tokens: the page sends the value of a cookie in a header, which a foreign page cannot read, and
 * the signature binds it to the session, so that a token of another session is worthless.
 */
export class Csrf {
  private readonly tokens: DoubleCsrfUtilities;
  /** Name of the cookie that carries the session the tokens are bound to. */
  readonly sessionCookie: string;

  constructor(options: { readonly secret: string; readonly secureCookies: boolean; readonly sessionCookie: string }) {
    this.sessionCookie = options.sessionCookie;
    this.tokens = doubleCsrf({
      getSecret: () => options.secret,
      getSessionIdentifier: (request: unknown) =>
        (request as FastifyRequest).cookies[options.sessionCookie] ?? 'before sign-in',
      cookieName: CSRF_COOKIE,
      // Readable by the page on purpose: existing clients copy it into the header.
      cookieOptions: { httpOnly: false, sameSite: 'lax', secure: options.secureCookies, path: '/' },
      getCsrfTokenFromRequest: (request: unknown) => (request as FastifyRequest).headers['x-csrf-token'],
    });
  }

  /** A token for this session, also set as cookie. */
  issue(request: FastifyRequest, reply: FastifyReply): string {
    return this.tokens.generateCsrfToken(request, reply, {
      overwrite: true,
    });
  }

  /** @throws DomainError `csrf_token_invalid` */
  check(request: FastifyRequest): void {
    if (this.tokens.validateRequest(request)) return;
    throw new DomainError('csrf_token_invalid', 'Invalid CSRF token');
  }
}
