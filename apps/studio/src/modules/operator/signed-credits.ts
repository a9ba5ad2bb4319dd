import { fromMicroCredits, parseCredits, type Credits } from '@tandem/contracts';
import { ValidateBy } from 'class-validator';

/**
 * Reads an amount that may be below zero: `-5`, `"2.5"`.
 * @throws InvalidCreditsError as `parseCredits` does
 */
export function parseSignedCredits(input: number | string): Credits {
  const text = String(input);
  return text.startsWith('-') ? fromMicroCredits(0n - parseCredits(text.slice(1))) : parseCredits(text);
}

function isSignedAmount(value: unknown): boolean {
  if (typeof value !== 'number' && typeof value !== 'string') return false;
  try {
    return parseSignedCredits(value) !== 0n;
  } catch {
    // A validator answers no; the reason is in its message.
    return false;
  }
}

/** An amount of credits above or below zero, as a JSON number or decimal string with at most six decimals. */
export function IsSignedCredits(): PropertyDecorator {
  return ValidateBy({
    name: 'isSignedCredits',
    validator: {
      validate: isSignedAmount,
      defaultMessage: (args) =>
        `${args?.property ?? 'amount'} must be credits other than 0, at most 1000000000 either way, with at most 6 decimals`,
    },
  });
}
