import { DomainError, ValidationError } from '@tandem/platform/errors';

/** A month in UTC: `from` is in it, `to` is not. */
export interface Month {
  /** `2026-10` */
  readonly name: string;
  readonly from: Date;
  readonly to: Date;
}

/** The month a moment lies in. */
export function monthOf(moment: Date): Month {
  return monthAt(moment.getUTCFullYear(), moment.getUTCMonth());
}

/** So many months later, or earlier when below 0. */
export function monthsAfter(month: Month, count: number): Month {
  return monthAt(month.from.getUTCFullYear(), month.from.getUTCMonth() + count);
}

/** Whole months from one to another; 0 for the same. */
export function monthsBetween(first: Month, last: Month): number {
  const years = last.from.getUTCFullYear() - first.from.getUTCFullYear();
  return years * 12 + last.from.getUTCMonth() - first.from.getUTCMonth();
}

/** @throws ValidationError when the text is no month */
export function readMonth(text: string): Month {
  const [, year, month] = /^([12]\d{3})-(0[1-9]|1[0-2])$/.exec(text) ?? [];
  if (year === undefined || month === undefined) {
    throw new ValidationError([{ path: 'month', message: 'must be a month such as 2026-10' }]);
  }
  return monthAt(Number(year), Number(month) - 1);
}

/** The account did not exist yet in that month, or the month has not begun. */
export function noStatement(month: Month): DomainError {
  return new DomainError('not_found', `there is no statement for ${month.name}`);
}

function monthAt(year: number, month: number): Month {
  const from = new Date(Date.UTC(year, month));
  return { name: from.toISOString().slice(0, 7), from, to: new Date(Date.UTC(year, month + 1)) };
}
