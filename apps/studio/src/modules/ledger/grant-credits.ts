import { Injectable } from '@nestjs/common';
import type { Credits, LedgerRow, Receipt } from '@tandem/contracts';
import { CreditLedger } from './credit-ledger.ts';
import { toLedgerRow } from './credits.convert.ts';
import { refusalOf } from './refusal-of.ts';

export interface GrantInput {
  readonly accountId: string;
  readonly amount: Credits;
  readonly idempotencyKey: string;
  /** Operator who grants, and why: both are kept with the row. */
  readonly actor: string;
  readonly reason: string;
}

/** Puts credits into a wallet by hand. */
@Injectable()
export class GrantCredits {
  constructor(private readonly ledger: CreditLedger) {}

  /**
   * @throws DomainError `account_not_enrolled`, `idempotency_key_reused`, or `CREDIT_BALANCE_INVARIANT_FAILED` when the
   *   wallet would pass its limit.
   */
  async run(input: GrantInput): Promise<{ row: LedgerRow; receipt: Receipt; replayed: boolean }> {
    const outcome = await this.ledger.apply({ operation: 'grant', client: 'operator', ...input });
    if (!outcome.entry) throw refusalOf(outcome);
    return {
      row: toLedgerRow(outcome.entry),
      receipt: this.ledger.receipt(input.accountId, Number(outcome.seq)),
      replayed: outcome.replayed ?? false,
    };
  }
}
