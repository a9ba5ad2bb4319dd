import { HttpException } from '@nestjs/common';
import type { ErrorCode } from '@tandem/contracts';
import { DomainError, ValidationError } from '../errors.ts';
import { isDatabaseOutage } from '../database/postgres-error.ts';
import type { ProblemFacts } from './problem.ts';

/** An error as the caller may see it. `isUnexpected` marks those whose real text belongs in the log only. */
export interface ProblemOutcome extends Omit<ProblemFacts, 'instance' | 'requestId'> {
  readonly headers: Readonly<Record<string, string>>;
  readonly isUnexpected: boolean;
}

// One text per status: those of the framework and the parser name internals or echo the input.
const FRAMEWORK_ERRORS: Readonly<Record<number, { code: ErrorCode; text: string }>> = {
  400: { code: 'bad_request', text: 'The request is malformed.' },
  401: { code: 'unauthorized', text: 'Authentication is required.' },
  403: { code: 'forbidden', text: 'You may not do this.' },
  404: { code: 'not_found', text: 'There is nothing at this address.' },
  405: { code: 'method_not_allowed', text: 'This address does not support that method.' },
  408: { code: 'request_timeout', text: 'The request took too long to arrive.' },
  413: { code: 'payload_too_large', text: 'The body is larger than this address accepts.' },
  415: { code: 'unsupported_media_type', text: 'The body must be application/json in UTF-8.' },
  429: { code: 'rate_limited', text: 'Too many requests; try again later.' },
  431: { code: 'headers_too_large', text: 'The request headers are too large.' },
  503: { code: 'unavailable', text: 'The service is not available right now; try again.' },
};

/** The public outcome of a bare HTTP status, as the framework or the server itself reports it. */
export function outcomeOfStatus(status: number): ProblemOutcome {
  const known = FRAMEWORK_ERRORS[status];
  if (known !== undefined) {
    const headers: Record<string, string> = status === 429 || status === 503 ? { 'retry-after': '1' } : {};
    return { status, ...known, headers, isUnexpected: false };
  }
  // A 4xx without a code of ours (411, 414, ...) is still the caller's fault.
  if (status >= 400 && status < 500) return outcomeOfStatus(400);
  return {
    status: 500,
    code: 'internal_error',
    text: 'Something went wrong on our side. The request id helps us find out what.',
    headers: {},
    isUnexpected: true,
  };
}

/** Maps whatever a request can throw to the one body. */
export function toProblem(error: unknown): ProblemOutcome {
  if (error instanceof DomainError) {
    return {
      status: error.status,
      code: error.code,
      text: error.message,
      details: error.details,
      errors: error instanceof ValidationError ? error.errors : [],
      headers: error.headers ?? {},
      isUnexpected: false,
    };
  }
  if (error instanceof HttpException) return outcomeOfStatus(error.getStatus());
  if (isDatabaseOutage(error)) return { ...outcomeOfStatus(503), isUnexpected: true };
  return outcomeOfStatus(statusOfFastifyError(error));
}

function statusOfFastifyError(error: unknown): number {
  if (!(error instanceof Error)) return 500;
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  return typeof code === 'string' && code.startsWith('FST_') && typeof statusCode === 'number' ? statusCode : 500;
}
