import { Injectable } from '@nestjs/common';
import type { LedgerKind, LotKind } from '@tandem/contracts';
import { PgPool } from '@tandem/platform/database/pool';

/**
 * The fold's tables lag behind the ledger by seconds; `current_lots` folds the rest in memory. One statement sees one
 * state of the database, so stored and folded parts always fit together.
 */
const FOLD = 'fold AS MATERIALIZED (SELECT f FROM current_lots($1::uuid) f)';

/** Movements of lots that are not stored yet. */
const FOLDED_ALLOCATIONS = `
  SELECT a.seq, a.lot_id, a.amount
    FROM fold, unnest((f).allocation_seqs, (f).allocation_lots, (f).allocation_amounts) a (seq, lot_id, amount)`;

/** A lot brought its amount with its row; where that row names the lot itself (a reversal), the fold already says so. */
const BROUGHT = `
  SELECT l.seq, l.lot_id, l.amount_micro
    FROM lots l JOIN ledger birth ON birth.account_id = l.account_id AND birth.seq = l.seq
   WHERE l.account_id = $1 AND NOT coalesce(birth.lot_ids @> ARRAY[l.lot_id], false)`;

export interface LotSqlRow {
  readonly lot_id: string;
  readonly seq: string;
  readonly kind: LotKind;
  readonly priority: number;
  readonly expires_at: Date | null;
  readonly amount_micro: string;
  readonly free_micro: string;
  readonly held_micro: string;
  readonly expired_micro: string;
  readonly clawed_back_micro: string;
  readonly transferred_micro: string;
  readonly reversed_micro: string;
}

/** Lot null: the overdraft. */
export interface LotShareSqlRow {
  readonly lot_id: string | null;
  readonly kind: LotKind | null;
  readonly amount_micro: string;
}

export interface EntryLotsSqlRow {
  readonly kind: LedgerKind;
  readonly reservation_id: string | null;
  readonly folded_seq: string;
  readonly shares: LotShareSqlRow[];
  readonly holds: LotShareSqlRow[];
}

export interface LotMovementSqlRow {
  readonly seq: string;
  readonly kind: LedgerKind;
  readonly amount_micro: string;
  readonly reservation_id: string | null;
  readonly ref_type: string | null;
  readonly ref_id: string | null;
  readonly counterparty_id: string | null;
  readonly created_at: Date;
  readonly effective_at: Date;
}

/** Reads where credits came from and went, at the head of the ledger. Never writes. */
@Injectable()
export class LotQueries {
  constructor(private readonly pool: PgPool) {}

  /**
   * Lots newest first, from below `before`. What a hold past its time keeps reads as free, and what is free of a lot past
   * its end as expired; what a clawback waits for in such a hold reads as taken back.
   */
  async page(
    accountId: string,
    limit: number,
    before?: { readonly seq: string; readonly lotId: string },
  ): Promise<{ rows: LotSqlRow[]; foldedSeq: number }> {
    const { rows } = await this.pool.query<{ folded_seq: string; lots: LotSqlRow[] }>({
      name: 'lots-page',
      text: `
        WITH ${FOLD},
        page AS (
          SELECT l.* FROM lots l
           WHERE l.account_id = $1 AND ($2::bigint IS NULL OR (l.seq, l.lot_id) < ($2, $3::uuid))
           ORDER BY l.seq DESC, l.lot_id DESC LIMIT $4),
        left_now AS (
          SELECT u.* FROM fold, unnest((f).lot_ids, (f).free, (f).held) u (lot_id, free, held)),
        overdue AS (
          SELECT p.lot_id, sum(p.amount_micro) AS over, greatest(0, sum(p.amount_micro) - coalesce((
                   SELECT sum(c.pending_micro) FROM clawbacks c
                    WHERE c.account_id = $1 AND c.lot_id = p.lot_id AND c.pending_micro > 0), 0)) AS micro
            FROM fold
           CROSS JOIN hold_lot_parts($1, f) p
            JOIN reservations r ON r.account_id = $1 AND r.reservation_id = p.reservation_id
           WHERE r.expires_at <= ledger_clock()
           GROUP BY p.lot_id),
        named AS (
          SELECT n.lot_id,
                 -sum(n.micro) FILTER (WHERE e.kind = 'LOT_EXPIRY') AS expired,
                 -sum(n.micro) FILTER (WHERE coalesce(undone.kind, e.kind) = 'CLAWBACK') AS clawed_back,
                 -sum(n.micro) FILTER (WHERE e.kind = 'TRANSFER_OUT') AS transferred,
                 -sum(n.micro) FILTER (WHERE undone.balance_delta_micro > 0) AS reversed
            FROM ledger e
           CROSS JOIN unnest(e.lot_ids, e.lot_micro) n (lot_id, micro)
            JOIN page l ON l.lot_id = n.lot_id AND l.seq <> e.seq
            LEFT JOIN ledger undone ON undone.account_id = e.account_id AND undone.seq = e.reverses_seq
           WHERE e.account_id = $1 AND e.lot_ids IS NOT NULL AND e.lot_ids && ARRAY(SELECT lot_id FROM page)
           GROUP BY n.lot_id)
        SELECT (f).folded_seq, (
          SELECT coalesce(jsonb_agg(to_jsonb(r) ORDER BY r.position), '[]') FROM (
            SELECT row_number() OVER (ORDER BY l.seq DESC, l.lot_id DESC) AS position, l.lot_id, l.seq::text, l.kind, l.priority, l.expires_at, l.amount_micro::text,
                   CASE WHEN ended.yes THEN 0 ELSE left_to.free + left_to.freed END::text AS free_micro,
                   (left_to.held - left_to.freed - left_to.claimed)::text AS held_micro,
                   (coalesce(n.expired, 0) + CASE WHEN ended.yes THEN left_to.free + left_to.freed ELSE 0 END)::text AS expired_micro,
                   (coalesce(n.clawed_back, 0) + left_to.claimed)::text AS clawed_back_micro,
                   coalesce(n.transferred, 0)::text AS transferred_micro,
                   coalesce(n.reversed, 0)::text AS reversed_micro
              FROM page l
              LEFT JOIN left_now u USING (lot_id)
              LEFT JOIN overdue o USING (lot_id)
              LEFT JOIN named n USING (lot_id)
             CROSS JOIN LATERAL (SELECT coalesce(u.free, 0) AS free, coalesce(u.held, 0) AS held, coalesce(o.micro, 0) AS freed,
                                       coalesce(o.over - o.micro, 0) AS claimed) left_to
             CROSS JOIN LATERAL (SELECT coalesce(l.expires_at <= ledger_clock(), false) AS yes) ended
          ) r) AS lots
          FROM fold`,
      values: [accountId, before?.seq ?? null, before?.lotId ?? null, limit],
    });
    const [answer] = rows;
    if (!answer) throw new Error('the fold of lots answered nothing');
    return { rows: answer.lots.map(withDate), foldedSeq: Number(answer.folded_seq) };
  }

  /** Which lots one movement touched, and what its hold keeps now. Undefined: the account has no such movement. */
  async ofEntry(accountId: string, seq: string): Promise<EntryLotsSqlRow | undefined> {
    const { rows } = await this.pool.query<EntryLotsSqlRow & Record<string, unknown>>({
      name: 'lots-of-entry',
      text: `
        WITH ${FOLD},
        shares AS (
          SELECT t.lot_id, sum(t.amount) AS micro FROM (
            SELECT a.lot_id, a.amount_micro AS amount FROM lot_allocations a WHERE a.account_id = $1 AND a.seq = $2
            UNION ALL
            SELECT a.lot_id, a.amount FROM (${FOLDED_ALLOCATIONS}) a WHERE a.seq = $2
            UNION ALL
            SELECT b.lot_id, b.amount_micro FROM (${BROUGHT}) b WHERE b.seq = $2) t
           GROUP BY t.lot_id)
        SELECT e.kind, e.reservation_id, (f).folded_seq, (
          SELECT coalesce(jsonb_agg(jsonb_build_object('lot_id', l.lot_id, 'kind', l.kind, 'amount_micro', s.micro::text)
                                    ORDER BY l.seq NULLS LAST, l.lot_id), '[]')
            FROM shares s LEFT JOIN lots l ON l.account_id = $1 AND l.lot_id = s.lot_id WHERE s.micro <> 0) AS shares, (
          SELECT coalesce(jsonb_agg(jsonb_build_object('lot_id', l.lot_id, 'kind', l.kind, 'amount_micro', p.amount_micro::text)
                                    ORDER BY l.seq NULLS LAST, l.lot_id), '[]')
            FROM hold_lot_parts($1, f) p
            JOIN reservations r ON r.account_id = $1 AND r.reservation_id = p.reservation_id
            LEFT JOIN lots l ON l.account_id = $1 AND l.lot_id = p.lot_id
           WHERE p.reservation_id = e.reservation_id AND r.expires_at > ledger_clock()) AS holds
          FROM ledger e, fold
         WHERE e.account_id = $1 AND e.seq = $2`,
      values: [accountId, seq],
    });
    return rows[0];
  }

  /** Movements of one lot, newest first, from below `before`. Undefined: the account has no such lot. */
  async movements(
    accountId: string,
    lotId: string,
    { limit, before }: { readonly limit: number; readonly before: string | undefined },
  ): Promise<{ rows: LotMovementSqlRow[]; foldedSeq: number } | undefined> {
    const { rows } = await this.pool.query<
      { folded_seq: string } & { [Name in keyof LotMovementSqlRow]: LotMovementSqlRow[Name] | null }
    >({
      name: 'lot-movements',
      text: `
        WITH ${FOLD},
        moved AS (
          (SELECT a.seq, a.amount_micro AS amount FROM lot_allocations a
            WHERE a.account_id = $1 AND a.lot_id = $2 AND a.seq < $3 ORDER BY a.seq DESC LIMIT $4)
          UNION ALL
          SELECT a.seq, a.amount FROM (${FOLDED_ALLOCATIONS}) a WHERE a.lot_id = $2 AND a.seq < $3
          UNION ALL
          SELECT b.seq, b.amount_micro FROM (${BROUGHT} AND l.lot_id = $2) b WHERE b.seq < $3),
        page AS (SELECT m.seq, sum(m.amount) AS amount FROM moved m GROUP BY m.seq ORDER BY m.seq DESC LIMIT $4)
        SELECT (f).folded_seq, e.seq, e.kind, p.amount AS amount_micro, e.reservation_id, e.ref_type, e.ref_id,
               e.counterparty_id, e.created_at, e.effective_at
          FROM fold
          LEFT JOIN page p ON true
          LEFT JOIN ledger e ON e.account_id = $1 AND e.seq = p.seq
         WHERE EXISTS (SELECT FROM lots l WHERE l.account_id = $1 AND l.lot_id = $2)
         ORDER BY e.seq DESC`,
      values: [accountId, lotId, before ?? '9223372036854775807', limit],
    });
    const [first] = rows;
    if (!first) return undefined;
    return {
      rows: rows.filter((row) => row.seq !== null) as LotMovementSqlRow[],
      foldedSeq: Number(first.folded_seq),
    };
  }
}

/** jsonb carries times as texts. */
function withDate(row: LotSqlRow): LotSqlRow {
  return { ...row, expires_at: row.expires_at === null ? null : new Date(row.expires_at) };
}
