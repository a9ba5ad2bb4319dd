import { isRecord } from './is-record.ts';

const SAFE_METHODS = new Set(['GET', 'HEAD']);

/**
 * `fetch` that proves changes were made by our own page. The token is read from the cookie at the moment of sending, so
 * that it fits what another tab may have fetched meanwhile; a token of an earlier session is replaced once.
 */
export async function sendWithCsrf(request: Request): Promise<Response> {
  if (SAFE_METHODS.has(request.method)) return fetch(request);
  const again = request.clone();
  const response = await fetch(withToken(request, csrfCookie() ?? (await fetchToken())));
  if (response.status !== 403 || !(await isTokenRefused(response.clone()))) return response;
  return fetch(withToken(again, await fetchToken()));
}

function withToken(request: Request, token: string): Request {
  request.headers.set('X-CSRF-Token', token);
  return request;
}

function csrfCookie(): string | undefined {
  const cookie = document.cookie.split('; ').find((part) => part.startsWith('XSRF-TOKEN='));
  return cookie === undefined ? undefined : decodeURIComponent(cookie.slice('XSRF-TOKEN='.length));
}

async function fetchToken(): Promise<string> {
  const response = await fetch('/v1/auth/csrf', { cache: 'no-store' });
  const body: unknown = response.ok ? await response.json() : null;
  return isRecord(body) && typeof body.token === 'string' ? body.token : '';
}

async function isTokenRefused(response: Response): Promise<boolean> {
  try {
    const body: unknown = await response.json();
    return isRecord(body) && body.code === 'csrf_token_invalid';
  } catch {
    // Not one of our problem bodies, so not about the token.
    return false;
  }
}
