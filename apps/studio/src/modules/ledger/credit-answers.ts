import type {
  CreditMovementAnswer,
  IgnoredByPolicy,
  Receipt,
  ReserveAnswer,
  SettlementAnswer,
} from '@tandem/contracts';
import type { CommandOutcome, CreditCommand } from './credit-command.ts';
import type { CreditLedger } from './credit-ledger.ts';
import { toCredits, toIsoTime, toLedgerRow, toReservationRow, toShortfallRow } from './credits.convert.ts';
import { refusalOf } from './refusal-of.ts';

/** What a command may be answered with. */
export type CreditAnswer = ReserveAnswer | SettlementAnswer | CreditMovementAnswer | IgnoredByPolicy;

/** An answer and whether it was given before. */
export interface Answered<Answer> {
  readonly answer: Answer;
  readonly replayed: boolean;
}

/**
 * Turns the outcome of a reserve into its wire answer.
 * @throws DomainError for a refusal.
 */
export function answerReserve(
  ledger: CreditLedger,
  command: CreditCommand,
  outcome: CommandOutcome,
): Answered<ReserveAnswer | IgnoredByPolicy> {
  const replayed = outcome.replayed ?? false;
  if (outcome.outcome === 'IGNORED') return { answer: ignored(ledger, command, outcome), replayed };
  if (outcome.outcome !== 'POSTED' || !outcome.reservation)
    throw refusalOf(outcome, receiptOf(ledger, command, outcome));
  const receipt = ledger.receipt(command.accountId, Number(outcome.seq));
  return { answer: extend(toReservationRow(outcome.reservation), { receipt }), replayed };
}

/**
 * Turns the outcome of a consume or release into its wire answer.
 * @throws DomainError for a refusal.
 */
export function answerSettlement(
  ledger: CreditLedger,
  command: CreditCommand,
  outcome: CommandOutcome,
): Answered<SettlementAnswer | IgnoredByPolicy> {
  const replayed = outcome.replayed ?? false;
  if (outcome.outcome === 'IGNORED') return { answer: ignored(ledger, command, outcome), replayed };
  if (outcome.outcome !== 'POSTED' && outcome.outcome !== 'SHORTFALL')
    throw refusalOf(outcome, receiptOf(ledger, command, outcome));
  const ended = command.operation === 'release' ? 'RELEASED' : 'CONSUMED';
  const status: SettlementAnswer['status'] = outcome.shortfall ? 'SHORTFALL' : ended;
  return {
    answer: extend(outcome.entry ? toLedgerRow(outcome.entry) : {}, {
      status,
      settled_amount: toCredits(outcome.settled_micro ?? 0),
      reservation: outcome.reservation ? toReservationRow(outcome.reservation) : null,
      shortfall: outcome.shortfall ? toShortfallRow(outcome.shortfall) : null,
      receipt: ledger.receipt(command.accountId, Number(outcome.seq)),
    }),
    replayed,
  };
}

/**
 * Turns the outcome of any other command into its wire answer.
 * @throws DomainError for a refusal.
 */
export function answerMovement(
  ledger: CreditLedger,
  command: CreditCommand,
  outcome: CommandOutcome,
): Answered<CreditMovementAnswer | IgnoredByPolicy> {
  const replayed = outcome.replayed ?? false;
  switch (outcome.outcome) {
    case 'IGNORED':
      return { answer: ignored(ledger, command, outcome), replayed };
    case 'POSTED':
    case 'SHORTFALL':
    case 'EXTENDED':
    case 'PENDING':
      return {
        answer: {
          status: outcome.outcome,
          entry: outcome.entry ? toLedgerRow(outcome.entry) : null,
          reservation: outcome.reservation ? toReservationRow(outcome.reservation) : null,
          shortfall: outcome.shortfall ? toShortfallRow(outcome.shortfall) : null,
          receipt: ledger.receipt(command.accountId, Number(outcome.seq)),
        },
        replayed,
      };
    default:
      throw refusalOf(outcome, receiptOf(ledger, command, outcome));
  }
}

/** A refusal that was stored has a receipt like every outcome; one that was not may be asked again, and has none. */
function receiptOf(ledger: CreditLedger, command: CreditCommand, outcome: CommandOutcome): Receipt | undefined {
  return outcome.outcome === 'REFUSED' ? ledger.receipt(command.accountId, Number(outcome.seq)) : undefined;
}

function ignored(ledger: CreditLedger, command: CreditCommand, outcome: CommandOutcome): IgnoredByPolicy {
  const { unposted } = outcome;
  if (!unposted) throw new Error('An ignored command has no stored outcome');
  return {
    status: 'IGNORED',
    reason: 'BILLING_MODE_NOT_CREDIT',
    account_id: command.accountId,
    ref_type: unposted.ref_type ?? '',
    ref_id: unposted.ref_id ?? '',
    acceptance: unposted.acceptance ?? 1,
    idempotency_key: command.idempotencyKey,
    created_at: toIsoTime(unposted.created_at),
    receipt: ledger.receipt(command.accountId, Number(outcome.seq)),
  };
}

/**
 * A new object, with more fields. The same written as a spread makes V8 describe the shape of every single answer anew, in
 * the old generation: twice the time, and half a kilobyte that only a full collection frees.
 */
function extend<Row extends object, Fields extends object>(row: Row, fields: Fields): Row & Fields {
  return Object.assign(row, fields);
}
