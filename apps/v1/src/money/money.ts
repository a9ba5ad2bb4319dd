import { currencyDecimals, type Currency } from './currency.ts';

/** Largest amount of one document in minor units: exact as a JSON number and 15 digits on the event wire. */
export const AMOUNT_MINOR_MAX = 999_999_999_999_999n;

/** A non-negative amount in major units: up to 15 digits, at most 3 decimals, no sign, no exponent. */
export const MONEY_PATTERN = /^(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,3})?$/;

/** Thrown by `parseMoney`; the message is public text. */
export class InvalidMoneyError extends Error {
  override readonly name = 'InvalidMoneyError';
}

/** Integer division that rounds a tie to the even neighbour, so that ties do not add up in one direction. */
export function divideHalfEven(numerator: bigint, denominator: bigint): bigint {
  if (denominator <= 0n) throw new RangeError('the denominator must be positive');
  // BigInt division truncates; a floor makes the remainder non-negative for negative numerators too.
  const truncated = numerator / denominator;
  const floor = numerator % denominator < 0n ? truncated - 1n : truncated;
  const twice = (numerator - floor * denominator) * 2n;
  if (twice < denominator) return floor;
  if (twice > denominator) return floor + 1n;
  return floor % 2n === 0n ? floor : floor + 1n;
}

/**
 * Reads major units ("1180.00") into minor units.
 * @throws InvalidMoneyError when the text is not a plain amount or has more decimals than the currency.
 */
export function parseMoney(text: string, currency: Currency): bigint {
  if (!MONEY_PATTERN.test(text)) throw new InvalidMoneyError('must be a plain decimal amount, for example "1180.00"');
  const decimals = currencyDecimals(currency);
  const [whole = '0', fraction = ''] = text.split('.');
  if (fraction.length > decimals) {
    throw new InvalidMoneyError(`must have at most ${decimals} decimals in ${currency}`);
  }
  const minor = BigInt(whole + fraction.padEnd(decimals, '0'));
  if (minor > AMOUNT_MINOR_MAX) throw new InvalidMoneyError('is too large');
  return minor;
}

/** Minor units as a decimal string in major units with all the currency's decimals: 118000 INR is "1180.00". */
export function formatMoney(minor: bigint, currency: Currency): string {
  const decimals = currencyDecimals(currency);
  const sign = minor < 0n ? '-' : '';
  const digits = (minor < 0n ? -minor : minor).toString().padStart(decimals + 1, '0');
  if (decimals === 0) return sign + digits;
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/** Major units as a JSON number, for the shapes existing consoles read. Exact figures travel as minor units beside it. */
export function toMajorNumber(minor: bigint, currency: Currency): number {
  return Number(formatMoney(minor, currency));
}
