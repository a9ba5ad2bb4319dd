import { ERROR_RULES, type ErrorCode } from '@tandem/contracts';

/**
 * A refusal the caller may read. The code decides the status, `message` is public text, `details` become members of the
 * problem body. Anything that is not a DomainError is a bug or an outage and shows no text of its own.
 */
export class DomainError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: Record<string, unknown> = {},
    readonly headers?: Record<string, string>,
  ) {
    super(message);
    this.name = new.target.name;
  }

  get status(): number {
    return ERROR_RULES[this.code].status;
  }
}

/** One fault of one field; `path` is written as `items.0.amount`, empty for the whole body. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
}

/** Input that has the wrong shape, with the path of every faulty field. */
export class ValidationError extends DomainError {
  constructor(
    readonly errors: readonly FieldError[],
    message = 'The request is not valid.',
  ) {
    super('validation_failed', message);
  }
}
