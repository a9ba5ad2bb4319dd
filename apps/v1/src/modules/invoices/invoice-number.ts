import type { Day } from '../../calendar/calendar.ts';

/** Series of ordinary invoices. Each kind of document has a series of its own. */
export const INVOICE_SERIES = 'INV';

/** The year in which the financial year of a day starts. `startMonth` is 1 to 12. */
export function financialYearOf(day: Day, startMonth: number): number {
  const year = Number(day.slice(0, 4));
  const month = Number(day.slice(5, 7));
  return month >= startMonth ? year : year - 1;
}

/** `INV-2026-00042`. A sequence above 99999 simply gets longer. */
export function formatInvoiceNumber(parts: { series: string; financialYear: number; sequence: number }): string {
  return `${parts.series}-${parts.financialYear}-${String(parts.sequence).padStart(5, '0')}`;
}
