import { Injectable } from '@nestjs/common';
import type { ReceiptedOperation } from '@tandem/contracts';
import { PgPool } from '@tandem/platform/database/pool';

/** One question about one account. */
export interface HeadQuestion {
  readonly accountId: string;
  readonly operation: ReceiptedOperation | null;
  readonly idempotencyKey: string | null;
  readonly sealedSeq: number | null;
}

export interface AccountHeadSqlRow {
  account_seq: string;
  event_seq: string;
  known: boolean | null;
  digest_at: Buffer | null;
  sealed_seq: string | null;
  sealed_digest: Buffer | null;
}

/** How far accounts have come, and whether what a service holds of them is still there. Never writes. */
@Injectable()
export class AccountHeadQueries {
  constructor(private readonly pool: PgPool) {}

  async incarnation(): Promise<string> {
    const { rows } = await this.pool.query<{ incarnation: string }>('SELECT incarnation FROM ledger_incarnation');
    if (!rows[0]) throw new Error('ledger_incarnation is empty');
    return rows[0].incarnation;
  }

  /**
   * One row per question, in the order asked. A key is known whichever service sent it: one that was renamed by mistake
   * must not take its whole past for lost. Operators' keys are none of theirs.
   */
  async heads(questions: readonly HeadQuestion[]): Promise<AccountHeadSqlRow[]> {
    const { rows } = await this.pool.query<AccountHeadSqlRow>({
      name: 'account-heads',
      text: `
        WITH services AS (SELECT array_agg(DISTINCT client) AS clients FROM service_tokens)
        SELECT coalesce(w.seq, 0) AS account_seq, coalesce(a.event_seq, 0) AS event_seq,
               CASE WHEN q.key IS NULL OR q.operation IS NULL THEN NULL
                    WHEN q.operation = 'event' THEN EXISTS (
                      SELECT FROM billing_events e WHERE e.account_id = q.account_id AND e.idempotency_key = q.key
                         AND e.source_system IN ('v1', 'v2'))
                    ELSE EXISTS (
                      SELECT FROM ledger l WHERE l.account_id = q.account_id AND l.client = ANY (s.clients)
                         AND l.operation = q.operation AND l.idempotency_key = q.key)
                      OR EXISTS (
                      SELECT FROM unposted_outcomes u WHERE u.account_id = q.account_id AND u.client = ANY (s.clients)
                         AND u.operation = q.operation AND u.idempotency_key = q.key) END AS known,
               held.digest AS digest_at, newest.to_seq AS sealed_seq, newest.digest AS sealed_digest
          FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[]) WITH ORDINALITY
            q (account_id, operation, key, sealed_seq, place)
          CROSS JOIN services s
          LEFT JOIN accounts a ON a.account_id = q.account_id
          LEFT JOIN wallets w ON w.account_id = q.account_id
          LEFT JOIN ledger_seals held ON held.account_id = q.account_id AND held.to_seq = q.sealed_seq
          LEFT JOIN LATERAL (
            SELECT n.to_seq, n.digest FROM ledger_seals n WHERE n.account_id = q.account_id ORDER BY n.to_seq DESC LIMIT 1
          ) newest ON true
         ORDER BY q.place`,
      values: [
        questions.map((question) => question.accountId),
        questions.map((question) => question.operation),
        questions.map((question) => question.idempotencyKey),
        questions.map((question) => question.sealedSeq),
      ],
    });
    return rows;
  }
}
