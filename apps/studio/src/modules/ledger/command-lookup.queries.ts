import { Injectable } from '@nestjs/common';
import { fromMicroCredits, type Credits } from '@tandem/contracts';
import { PgPool } from '@tandem/platform/database/pool';
import type { CommandOutcome } from './credit-command.ts';

/** Names a command for ever. */
export interface CommandKey {
  readonly accountId: string;
  readonly client: string;
  readonly operation: string;
  readonly idempotencyKey: string;
}

/** What a command left behind. */
export interface CommandTrace {
  readonly outcome: Exclude<CommandOutcome['outcome'], 'REJECTED' | 'SWEPT'>;
  readonly code: string | null;
  readonly entry_id: string | null;
  readonly seq: string | null;
}

/** Looks up commands and movements for whoever must know what became of them, or how much they are about. */
@Injectable()
export class CommandLookupQueries {
  constructor(private readonly pool: PgPool) {}

  /** What a command left behind; undefined: it never arrived, or nothing of it was stored. */
  async traceOf(key: CommandKey): Promise<CommandTrace | undefined> {
    const { rows } = await this.pool.query<CommandTrace>(
      `SELECT 'POSTED' AS outcome, NULL AS code, entry_id, seq FROM ledger
        WHERE account_id = $1 AND client = $2 AND operation = $3 AND idempotency_key = $4 AND leg = 0
       UNION ALL
       SELECT outcome, code, NULL, NULL FROM unposted_outcomes
        WHERE account_id = $1 AND client = $2 AND operation = $3 AND idempotency_key = $4`,
      [key.accountId, key.client, key.operation, key.idempotencyKey],
    );
    return rows[0];
  }

  /** How much a movement changed the balance, up or down; undefined: the account has no such movement. */
  async movedBy(accountId: string, seq: number): Promise<Credits | undefined> {
    const { rows } = await this.pool.query<{ moved: string }>(
      'SELECT abs(balance_delta_micro) AS moved FROM ledger WHERE account_id = $1 AND seq = $2',
      [accountId, seq],
    );
    return rows[0] && fromMicroCredits(rows[0].moved);
  }

  /** What an open hold holds; undefined: the account has no such open hold. */
  async heldBy(accountId: string, reservationId: string): Promise<Credits | undefined> {
    const { rows } = await this.pool.query<{ held: string }>(
      `SELECT held_micro AS held FROM reservations
        WHERE account_id = $1 AND reservation_id = $2 AND status = 'ACTIVE'`,
      [accountId, reservationId],
    );
    return rows[0] && fromMicroCredits(rows[0].held);
  }

  /** Credits bought by a purchase; undefined when the account has no such purchase. */
  async amountOfPurchase(
    accountId: string,
    purchase: { refType: string; refId: string },
  ): Promise<Credits | undefined> {
    const { rows } = await this.pool.query<{ bought: string | null }>(
      `SELECT sum(balance_delta_micro)::bigint AS bought FROM ledger
        WHERE account_id = $1 AND kind = 'TOPUP' AND ref_type = $2 AND ref_id = $3`,
      [accountId, purchase.refType, purchase.refId],
    );
    return rows[0]?.bought == null ? undefined : fromMicroCredits(rows[0].bought);
  }
}
