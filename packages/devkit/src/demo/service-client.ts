/** A service said no. */
export class HttpRefusal extends Error {
  override readonly name = 'HttpRefusal';

  constructor(
    readonly status: number,
    readonly code: string,
    readonly body: Readonly<Record<string, unknown>>,
    readonly retryAfterSeconds: number | undefined,
    call: string,
  ) {
    super(`${call} answered ${status} ${code}: ${textOf(body.detail)}`);
  }
}

const TIMEOUT_MS = 15_000;

/** One service's public API as a signed-in user. */
export class ServiceClient {
  private constructor(
    readonly url: string,
    private readonly token: string | undefined,
  ) {}

  /** @throws HttpRefusal when the password is wrong; TypeError when nobody listens. */
  static async signIn(url: string, user: { email: string; password: string }): Promise<ServiceClient> {
    const { email, password } = user;
    const { token } = await new ServiceClient(url, undefined).post<{ token: string }>('/v1/auth/login', {
      email,
      password,
    });
    return new ServiceClient(url, token);
  }

  get<Answer>(path: string): Promise<Answer> {
    return this.call('GET', path);
  }

  post<Answer = unknown>(path: string, body: object = {}, headers: Record<string, string> = {}): Promise<Answer> {
    return this.call('POST', path, body, headers);
  }

  private async call<Answer>(
    verb: 'GET' | 'POST',
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(this.url + path, {
      method: verb,
      headers: {
        ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const answer = (await response.json()) as Record<string, unknown>;
    if (response.ok) return answer as Answer;
    const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
    throw new HttpRefusal(
      response.status,
      String(answer.code),
      answer,
      Number.isFinite(retryAfter) ? retryAfter : undefined,
      `${verb} ${path}`,
    );
  }
}

/** A member of a problem body as words. */
export function textOf(member: unknown): string {
  return typeof member === 'string' ? member : JSON.stringify(member);
}
