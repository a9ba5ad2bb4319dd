/**
 * An exact amount of credits, counted in micro-credits (1 credit = 1,000,000). The only form in which amounts are
 * stored or computed; never `number` (DESIGN 2, Unit).
 */
export type Credits = bigint & { readonly __brand: 'Credits' };

const MICRO_PER_CREDIT = 1_000_000n;

/**
 * Largest amount one request may carry: 10^9 credits. At six decimals that is still exact as a JSON number, so the
 * handshake rows (numbers) and the credit service (decimal strings) can never disagree.
 */
export const CREDITS_PER_REQUEST_MAX = (1_000_000_000n * MICRO_PER_CREDIT) as Credits;

/** Digits, then at most six decimals. Exponents, signs, spaces and NaN have no place here. */
export const CREDITS_PATTERN = /^(0|[1-9][0-9]{0,9})(\.[0-9]{1,6})?$/;

/** Thrown by `parseCredits`; the message tells a person what is wrong with the amount. */
export class InvalidCreditsError extends Error {
  override readonly name = 'InvalidCreditsError';
}

/** Brands a count of micro-credits read from the database. */
export function fromMicroCredits(micro: bigint | string | number): Credits {
  return BigInt(micro) as Credits;
}

/**
 * Reads an amount from the wire: a JSON number or a decimal string, in credits, zero or more.
 * `5`, `5.0` and `"5"` are the same amount.
 * @throws InvalidCreditsError for more than six decimals, negatives, exponent forms, NaN, or more than the maximum.
 */
export function parseCredits(input: unknown): Credits {
  if (typeof input !== 'number' && typeof input !== 'string') {
    throw new InvalidCreditsError('must be a number or a decimal string of credits');
  }
  // String(1e-7) and String(1e21) have exponents and are refused by the pattern, as they should be.
  const text = String(input);
  if (!CREDITS_PATTERN.test(text)) {
    throw new InvalidCreditsError('must be zero or more credits with at most 6 decimals');
  }
  const [whole = '0', decimals = ''] = text.split('.');
  const micro = BigInt(whole) * MICRO_PER_CREDIT + BigInt(decimals.padEnd(6, '0'));
  if (micro > CREDITS_PER_REQUEST_MAX) throw new InvalidCreditsError('must be at most 1000000000 credits');
  return micro as Credits;
}

/**
 * Reads an amount that may be below zero: `-5`, `"2.5"`.
 * @throws InvalidCreditsError as `parseCredits` does.
 */
export function parseSignedCredits(input: unknown): Credits {
  const text = typeof input === 'number' ? String(input) : input;
  return typeof text === 'string' && text.startsWith('-')
    ? fromMicroCredits(0n - parseCredits(text.slice(1)))
    : parseCredits(text);
}

/**
 * Reads a figure Studio answered (a balance, what is available): a JSON number, below zero on an account with an
 * overdraft. It is no request, so the maximum of one request does not bound it.
 */
export function creditsOfFigure(figure: number): Credits {
  return BigInt(figure.toFixed(6).replace('.', '')) as Credits;
}

/** Decimal string in credits without trailing zeros: `3.72`, `-1`, `0`. */
export function creditsToDecimal(credits: bigint): string {
  const sign = credits < 0n ? '-' : '';
  const micro = credits < 0n ? -credits : credits;
  const decimals = (micro % MICRO_PER_CREDIT).toString().padStart(6, '0').replace(/0+$/, '');
  const whole = (micro / MICRO_PER_CREDIT).toString();
  return decimals === '' ? `${sign}${whole}` : `${sign}${whole}.${decimals}`;
}

/** JSON number in credits, for the handshake rows of seeds 000 and 001. Whole numbers stay integers. */
export function creditsToNumber(credits: bigint): number {
  const count = Number(credits);
  // Both counts are exact, so the quotient is the number nearest to the decimal, as the longer way over its text is.
  return Number.isSafeInteger(count) ? count / Number(MICRO_PER_CREDIT) : Number(creditsToDecimal(credits));
}
