import { isRecord } from './is-record.ts';

/** What a service answered instead of what was asked for, or that it did not answer. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    message: string,
    readonly facts: {
      /** HTTP status; 0 when there was no answer. */
      readonly status: number;
      /** The stable code of the problem body. */
      readonly code: string;
      /** Names the request in the logs of the service. */
      readonly requestId: string | null;
      readonly retryAfterSeconds: number | null;
      /** What is wrong with which field, by its path in the body. */
      readonly fields: Readonly<Record<string, string>>;
    },
  ) {
    super(message);
  }

  /** True when nobody can know whether the service did what was asked: repeat it with the same idempotency key. */
  get isUnclear(): boolean {
    return this.facts.status === 0 || this.facts.status >= 500;
  }
}

/** Reads the problem body of a refused request. */
export async function readProblem(response: Response): Promise<ApiError> {
  const text = await response.text();
  const problem = parse(text);
  const detail = typeof problem.detail === 'string' && problem.detail !== '' ? problem.detail : response.statusText;
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new ApiError(detail === '' ? `The service answered HTTP ${response.status}.` : detail, {
    status: response.status,
    code: typeof problem.code === 'string' ? problem.code : `http_${response.status}`,
    requestId: response.headers.get('x-request-id'),
    retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : null,
    fields: readFields(problem.errors),
  });
}

/** No answer came: the network, or a service that is down. */
export function noAnswer(cause: unknown): ApiError {
  const error = new ApiError('The service did not answer. Check the connection and try again.', {
    status: 0,
    code: 'no_answer',
    requestId: null,
    retryAfterSeconds: null,
    fields: {},
  });
  error.cause = cause;
  return error;
}

function parse(text: string): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(text);
    return isRecord(body) ? body : {};
  } catch {
    // A proxy in between answered with a page; the status says enough.
    return {};
  }
}

function readFields(errors: unknown): Record<string, string> {
  if (!Array.isArray(errors)) return {};
  const known = errors.filter(isRecord).map((field) => [String(field.path), String(field.message)]);
  return Object.fromEntries(known) as Record<string, string>;
}
