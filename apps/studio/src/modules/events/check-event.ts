import { BillingEventRequest, EVENT_PAYLOADS, isV1EventType } from '@tandem/contracts';
import { ValidationError, type FieldError } from '@tandem/platform/errors';
import { compileValid } from '@tandem/platform/http/validation.pipe';
import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError as ClassValidationError } from 'class-validator';
import { acceptsPayload } from './payload-acceptance.ts';

/** Times outside these years are a mistake of the sender, and some have no meaning for the database. */
const YEAR_MIN = 1970;
const YEAR_MAX = 2999;

const toEnvelope = compileValid(BillingEventRequest);

/**
 * Checks the envelope of one event, and its payload when this build knows the type. Fields of a payload that the type
 * does not name are kept: newer senders know more.
 * @throws ValidationError with the path of every faulty field
 */
export function checkEvent(input: unknown): BillingEventRequest {
  const event = toEnvelope(withoutNulls(input));
  if (event.account_id === undefined && event.external_account_key === undefined) {
    const message = 'account_id or external_account_key is required';
    throw new ValidationError([{ path: 'external_account_key', message }], message);
  }
  checkPayload(event.event_type, event.payload_json ?? {});
  return event;
}

/** The envelope without its null fields: a JSON null says the same as an absent field. */
function withoutNulls(input: unknown): unknown {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return input;
  if (!Object.values(input).includes(null)) return input;
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null));
}

function checkPayload(eventType: string, payload: Record<string, unknown>): void {
  if (!isV1EventType(eventType) || acceptsPayload(eventType, payload)) return;
  const typed = plainToInstance<object, unknown>(EVENT_PAYLOADS[eventType], payload);
  const errors = fieldErrors(validateSync(typed), 'payload_json');
  if (errors.length > 0) throw new ValidationError(errors);
}

function fieldErrors(errors: readonly ClassValidationError[], parent: string): FieldError[] {
  return errors.flatMap((error) => {
    const path = `${parent}.${error.property}`;
    const own = Object.values(error.constraints ?? {}).map((message) => ({ path, message }));
    return [...own, ...fieldErrors(error.children ?? [], path)];
  });
}

/**
 * When the fact happened, in one spelling per instant; null when the sender does not say.
 * @throws ValidationError for a time outside the years 1970 to 2999
 */
export function occurredAtOf(event: BillingEventRequest): string | null {
  if (event.occurred_at === undefined) return null;
  const time = new Date(event.occurred_at);
  const year = time.getUTCFullYear();
  if (year < YEAR_MIN || year > YEAR_MAX) {
    throw new ValidationError([
      { path: 'occurred_at', message: `must be a date and time between ${YEAR_MIN} and ${YEAR_MAX}` },
    ]);
  }
  return time.toISOString();
}
