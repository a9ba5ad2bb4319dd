import { STATUS_CODES } from 'node:http';
import type { ErrorCode } from '@tandem/contracts';
import type { FieldError } from '../errors.ts';

/**
 * The one error body: RFC 9457, plus the human text under every name an existing client reads (`detail`, `message`,
 * `error`), the stable code and the request id.
 */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** Path of the request, without its query. */
  readonly instance: string;
  readonly code: ErrorCode;
  readonly error: string;
  readonly message: string;
  readonly request_id: string;
  readonly errors: readonly FieldError[];
  readonly [detail: string]: unknown;
}

export const PROBLEM_CONTENT_TYPE = 'application/problem+json; charset=utf-8';

export interface ProblemFacts {
  readonly status: number;
  readonly code: ErrorCode;
  readonly text: string;
  readonly instance: string;
  readonly requestId: string;
  readonly errors?: readonly FieldError[];
  readonly details?: Record<string, unknown>;
}

/** Builds the body. Details come first, so that none of them can replace a standard member. */
export function buildProblem(facts: ProblemFacts): Problem {
  return {
    ...facts.details,
    type: 'about:blank',
    title: STATUS_CODES[facts.status] ?? 'Error',
    status: facts.status,
    detail: facts.text,
    instance: facts.instance,
    code: facts.code,
    error: facts.text,
    message: facts.text,
    request_id: facts.requestId,
    errors: facts.errors ?? [],
  };
}

/** Serialises a problem; credits and money in details are bigints. */
export function problemToJson(problem: Problem): string {
  return JSON.stringify(problem, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
}
