import { Injectable } from '@nestjs/common';
import { PgPool } from '@tandem/platform/database/pool';
import { CreditLedger } from './credit-ledger.ts';

/** Holds swept in one round, so that a large backlog does not become one large transaction. */
const HOLDS_PER_ROUND = 200;

/** Writes the EXPIRE row of holds whose time is over. Reads already count such holds as free. */
@Injectable()
export class ExpireHolds {
  constructor(
    private readonly pool: PgPool,
    private readonly ledger: CreditLedger,
  ) {}

  /** Sweeps until nothing is due. Answers how many holds it looked at. Two sweepers at once are harmless. */
  async run(): Promise<number> {
    let swept = 0;
    for (;;) {
      const { rows } = await this.pool.query<{ account_id: string; reservation_id: string }>(
        `SELECT account_id, reservation_id FROM reservations
          WHERE status = 'ACTIVE' AND expires_at <= ledger_clock()
          ORDER BY expires_at LIMIT $1`,
        [HOLDS_PER_ROUND],
      );
      // The ledger looks at the hold again under the wallet's lock: only a hold that is still ACTIVE and due expires.
      await Promise.all(
        rows.map((row) =>
          this.ledger.apply({
            operation: 'expire',
            client: 'studio',
            accountId: row.account_id,
            reservationId: row.reservation_id,
            idempotencyKey: `expire:${row.reservation_id}`,
          }),
        ),
      );
      swept += rows.length;
      if (rows.length < HOLDS_PER_ROUND) return swept;
    }
  }
}
