import { creditsToNumber, fromMicroCredits, type ErrorCode, type Receipt } from '@tandem/contracts';
import { DomainError } from '@tandem/platform/errors';
import type { CommandOutcome } from './credit-command.ts';

/** Public texts of what the ledger may refuse. */
const TEXTS: Partial<Record<ErrorCode, string>> = {
  account_not_enrolled: 'billing account not found',
  reservation_not_found: 'reservation not found',
  idempotency_key_reused: 'This idempotency key was used for another request',
  ACCOUNT_NOT_ACTIVE: 'The account is suspended',
  INSUFFICIENT_CREDITS: 'Not enough credits are available',
  CREDIT_BALANCE_INVARIANT_FAILED: 'The wallet would hold more than its limit',
  RESERVATION_ALREADY_ACTIVE: 'This reference already has an active reservation',
  RESERVATION_ALREADY_CONSUMED: 'The reservation was already consumed',
  RESERVATION_ALREADY_RELEASED: 'The reservation was already released',
  RESERVATION_ALREADY_EXPIRED: 'The reservation has expired',
  insufficient_credits: 'Not enough credits are available',
  ledger_entry_not_found: 'There is no such movement in this account',
  purchase_not_found: 'This purchase brought no credits to this account',
  shortfall_not_found: 'There is no such shortfall in this account',
  shortfall_not_open: 'Somebody has dealt with this shortfall',
  ENTRY_NOT_REVERSIBLE: 'A movement of this kind cannot be reversed',
  REVERSAL_EXCEEDS_ENTRY: 'No more can be undone than was moved and not undone yet',
  LOT_ALREADY_ENDED: 'These credits would have ended before they came',
  PURCHASE_ALREADY_CREDITED: 'The credits of this purchase are in the wallet already',
  ALREADY_SETTLED: 'This piece of work was already charged',
};

/** The error a refused or rejected command answers, with the figures a person needs to act on it. */
export function refusalOf(outcome: CommandOutcome, receipt?: Receipt): DomainError | Error {
  const { code } = outcome;
  if (code == null) return new Error(`The ledger answered ${outcome.outcome} where a refusal was expected`);
  const details: Record<string, unknown> = receipt === undefined ? {} : { receipt };
  const given = outcome.unposted?.details;
  if (given?.reservation_id !== undefined) details.reservation_id = given.reservation_id;
  if (given?.required_micro !== undefined && given.available_micro !== undefined) {
    const required = fromMicroCredits(given.required_micro);
    const available = fromMicroCredits(given.available_micro);
    details.required = creditsToNumber(required);
    details.available = creditsToNumber(available);
    details.shortfall = creditsToNumber(required - available);
  }
  const headers: Record<string, string> = outcome.replayed ? { 'Idempotent-Replayed': 'true' } : {};
  return new DomainError(code, TEXTS[code] ?? code, details, headers);
}
