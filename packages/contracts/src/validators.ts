import { ValidateBy, type ValidationOptions } from 'class-validator';
import { parseCredits, parseSignedCredits } from './credits.ts';
import { EXTERNAL_KEY_PATTERN } from './external-key.ts';
import { readMoment } from './instant.ts';

/** Keys and references are ASCII: two texts that look alike must not be two keys (RELIABILITY I12). */
export const IDEMPOTENCY_KEY_PATTERN = /^[A-Za-z0-9_.:@/+=~-]{1,255}$/;
export const REFERENCE_PATTERN = /^[A-Za-z0-9_.:@/+=~-]{1,128}$/;

function isCreditsAmount(value: unknown, min: bigint): boolean {
  try {
    return parseCredits(value) >= min;
  } catch {
    // A validator answers no; the reason is in its message.
    return false;
  }
}

/** An amount of credits above zero, as a JSON number or decimal string with at most six decimals. */
export function IsPositiveCredits(options?: ValidationOptions): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isPositiveCredits',
      validator: {
        validate: (value: unknown) => isCreditsAmount(value, 1n),
        defaultMessage: (args) =>
          `${args?.property ?? 'amount'} must be more than 0 and at most 1000000000 credits, with at most 6 decimals`,
      },
    },
    options,
  );
}

/** An amount of credits, zero or more, as a JSON number or decimal string with at most six decimals. */
export function IsCredits(options?: ValidationOptions): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isCredits',
      validator: {
        validate: (value: unknown) => isCreditsAmount(value, 0n),
        defaultMessage: (args) =>
          `${args?.property ?? 'amount'} must be 0 to 1000000000 credits, with at most 6 decimals`,
      },
    },
    options,
  );
}

/** An amount of credits above or below zero, as a JSON number or decimal string with at most six decimals. */
export function IsSignedCredits(options?: ValidationOptions): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isSignedCredits',
      validator: {
        validate: (value: unknown) => {
          try {
            return parseSignedCredits(value) !== 0n;
          } catch {
            // A validator answers no; the reason is in its message.
            return false;
          }
        },
        defaultMessage: (args) =>
          `${args?.property ?? 'amount'} must be credits other than 0, at most 1000000000 either way, with at most 6 decimals`,
      },
    },
    options,
  );
}

/** A moment with its zone and at most six decimals of a second, which every part of the system understands alike. */
export function IsInstant(options?: ValidationOptions): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isInstant',
      validator: {
        validate: (value: unknown) => readMoment(value) !== null,
        defaultMessage: (args) =>
          `${args?.property ?? 'value'} must be a time with its zone, such as 2026-01-31T12:00:00Z`,
      },
    },
    options,
  );
}

function matches(name: string, pattern: RegExp, message: string): (options?: ValidationOptions) => PropertyDecorator {
  return (options) =>
    ValidateBy(
      {
        name,
        validator: {
          validate: (value: unknown) => typeof value === 'string' && pattern.test(value),
          defaultMessage: (args) => `${args?.property ?? 'value'} ${message}`,
        },
      },
      options,
    );
}

/** A canonical `external_key` (CONTRACT 1.3). */
export const IsExternalKey = matches(
  'isExternalKey',
  EXTERNAL_KEY_PATTERN,
  'must be a canonical key such as v1:partner:77',
);

/** 1 to 255 printable ASCII characters without spaces. */
export const IsIdempotencyKey = matches(
  'isIdempotencyKey',
  IDEMPOTENCY_KEY_PATTERN,
  'must be 1 to 255 characters of A-Z a-z 0-9 _ . : @ / + = ~ -',
);

/** Type or id of a reference: 1 to 128 printable ASCII characters without spaces. */
export const IsReference = matches(
  'isReference',
  REFERENCE_PATTERN,
  'must be 1 to 128 characters of A-Z a-z 0-9 _ . : @ / + = ~ -',
);

/** Type of an event: 1 to 64 characters, a letter first. */
export const IsEventType = matches(
  'isEventType',
  /^[a-z][a-z0-9_.]{0,63}$/,
  'must be 1 to 64 characters of a-z 0-9 _ .',
);
