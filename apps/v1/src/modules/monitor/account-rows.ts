import { MONITOR_WARNINGS, type BillingMode, type CreditFigures, type MonitorWarning } from '@tandem/contracts';
import type { MonitoredAccount } from '../directory/directory.queries.ts';
import type { StudioAnswer } from '../studio-link/studio-answer.ts';
import type { BillingStatus } from '../studio-link/studio-billing-adapter.ts';
import type { MonitorAccountRow, MonitorAccountStatus, OpenAmount } from './monitor-account.dto.ts';

const PAYMENT_TERMS_DAYS_DEFAULT = 15;
const CURRENCY_DEFAULT = 'INR';

/** One account's figures and how the question for them ended. */
export interface ReadStatus {
  readonly known: BillingStatus;
  /** Null when Studio gave or confirmed the figures; else why it did not, and the figures are old or missing. */
  readonly failure: StudioAnswer | null;
}

/** True when Studio is there: a refusal is an answer, an overload or silence is none. */
export function didAnswer(failure: StudioAnswer | null): boolean {
  return failure === null || (failure.status !== null && failure.reason !== 'overloaded');
}

/** Studio can be worked with. One that rejects our token answers, but is not reachable for us (DESIGN 3, Monitor). */
export function isReachable(failure: StudioAnswer | null): boolean {
  return didAnswer(failure) && failure?.reason !== 'token_rejected';
}

/** The text beside an account: what failed, else `HTTP 404` for one nobody enrolled (C6). */
export function statusError({ known, failure }: ReadStatus): string | null {
  if (failure !== null) return failure.error ?? failure.reason;
  return known.notEnrolled ? 'HTTP 404 account_not_enrolled' : null;
}

/** Badges of an account, in the order of the contract. */
export function warningsOf(read: ReadStatus): MonitorWarning[] {
  const { status, notEnrolled, fetchedAt } = read.known;
  const applies: Record<MonitorWarning, boolean> = {
    insufficient_credits: status?.billing_mode === 'CREDIT' && status.credit.available <= 0,
    studio_unreachable: read.failure !== null,
    studio_cached: read.failure !== null && fetchedAt !== null,
    not_enrolled: notEnrolled,
  };
  return MONITOR_WARNINGS.filter((warning) => applies[warning]);
}

/** Studio's status, or V1's defaults for whatever it has not said (UI-12). */
export function statusOrDefault({ known }: ReadStatus, defaultMode: BillingMode): MonitorAccountStatus {
  return (
    known.status ?? {
      external_key: known.key,
      billing_mode: defaultMode,
      account_status: known.notEnrolled ? 'UNENROLLED' : 'ACTIVE',
      payment_terms_days: PAYMENT_TERMS_DAYS_DEFAULT,
      credit: { wallet: 0, reserved: 0, available: 0 } satisfies CreditFigures,
      source: 'v1_default',
    }
  );
}

/** One row of the account list. */
export function toAccountRow(
  account: MonitoredAccount,
  read: ReadStatus,
  { amounts, defaultMode }: { amounts: readonly OpenAmount[]; defaultMode: BillingMode },
): MonitorAccountRow {
  const { known } = read;
  const { billing_mode, account_status, credit } = statusOrDefault(read, defaultMode);
  const [first] = amounts;
  return {
    ...account,
    billing_mode,
    account_status,
    credit,
    warnings: warningsOf(read),
    last_event_at: known.status?.last_event_at ?? null,
    studio_reachable: read.failure === null,
    studio_status_error: statusError(read),
    status_fetched_at: known.fetchedAt?.toISOString() ?? null,
    age_seconds: known.ageSeconds,
    amount_due: first?.amount_due ?? 0,
    amount_due_cents: first?.amount_due_cents ?? 0,
    currency: first?.currency ?? known.status?.currency ?? CURRENCY_DEFAULT,
    open_invoices: amounts.reduce((sum, { open_invoices }) => sum + open_invoices, 0),
    due_by_currency: [...amounts],
  };
}
