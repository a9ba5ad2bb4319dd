import { Injectable } from '@nestjs/common';
import type { LotKind } from '@tandem/contracts';
import type { Tx } from '@tandem/platform/database/unit-of-work';

/** A lot with something left at a moment. */
export interface LotLeftSqlRow {
  readonly lot_id: string;
  readonly seq: string;
  readonly kind: LotKind;
  readonly priority: number;
  readonly expires_at: Date | null;
  readonly left_micro: string;
}

/** Lots of a moment in the order they burn; undefined when that would mean to read too much. */
export interface LotsLeft {
  readonly rows: LotLeftSqlRow[];
  readonly overdraftMicro: string;
}

/** Which moment: its last written row, the account's last row, and the first instant that does not count any more. */
export interface LotsMoment {
  readonly seq: string;
  readonly headSeq: string;
  /** How far lots are folded and stored. */
  readonly foldedSeq: string;
  readonly before: string;
  /** Only lots that end from here on, until before `endingBefore`. */
  readonly endingFrom?: string;
  readonly endingBefore?: string;
}

/** Movements read at most to work out the lots of a moment, from the ledger's nearer end. */
const MOVEMENTS_MAX = 200_000n;
/** Movements that `current_lots` folds at most. */
const BEHIND_MAX = 10_000n;

// What lots hold changes by allocations alone. So the lots of a moment are today's with everything since undone, or those
// that had come with everything until then done: whichever is shorter. Ends that count earlier than they were written are
// then taken out.
const LOTS_LEFT = `
  WITH fold AS MATERIALIZED (SELECT f FROM current_lots($1::uuid) f),
  moved AS (
    SELECT a.lot_id, sum(a.amount) AS micro
      FROM (SELECT s.lot_id, s.amount_micro AS amount FROM lot_allocations s
             WHERE s.account_id = $1 AND s.seq > $8 AND s.seq <= $9
            UNION ALL
            SELECT u.lot_id, u.amount
              FROM fold, unnest((f).allocation_seqs, (f).allocation_lots, (f).allocation_amounts) u (seq, lot_id, amount)
             WHERE u.seq > $8 AND u.seq <= $9) a
     GROUP BY a.lot_id),
  left_now AS (
    SELECT u.lot_id, u.free + u.held AS micro FROM fold, unnest((f).lot_ids, (f).free, (f).held) u (lot_id, free, held)),
  ended AS (
    SELECT e.lot_id, sum(e.micro) AS micro
      FROM (SELECT l.lot_ids[1] AS lot_id, -l.lot_micro[1] AS micro FROM late_ends($1, $3) l WHERE l.kind <> 'EXPIRE'
            UNION ALL
            SELECT u.lot_id, u.amount_micro FROM unwritten_ends($1) u WHERE u.kind <> 'EXPIRE' AND u.effective_at < $3) e
     GROUP BY e.lot_id),
  lots_then AS (
    SELECT l.*, CASE WHEN $6 THEN coalesce(n.micro, 0) - coalesce(m.micro, 0)
                     -- A lot that its own row names came with that allocation.
                     ELSE CASE WHEN birth.lot_ids @> ARRAY[l.lot_id] THEN 0 ELSE l.amount_micro END + coalesce(m.micro, 0)
                END - coalesce(e.micro, 0) AS left_micro
      FROM lots l
      JOIN ledger birth ON birth.account_id = l.account_id AND birth.seq = l.seq
      LEFT JOIN moved m USING (lot_id)
      LEFT JOIN left_now n USING (lot_id)
      LEFT JOIN ended e USING (lot_id)
     WHERE l.account_id = $1 AND l.seq <= $2),
  shown AS (
    SELECT t.lot_id, t.seq::text, t.kind, t.priority, t.expires_at, t.left_micro::text,
           row_number() OVER (
             ORDER BY t.priority, t.expires_at NULLS LAST,
                      lot_kind_rank(t.kind), t.seq, t.lot_id) AS place
      FROM lots_then t
     WHERE t.left_micro > 0 AND ($4::timestamptz IS NULL OR (t.expires_at >= $4 AND t.expires_at < $5)))
  SELECT coalesce((SELECT jsonb_agg(to_jsonb(s) ORDER BY s.place) FROM shown s WHERE s.place <= $7), '[]') AS lots,
         coalesce((SELECT m.micro FROM moved m WHERE m.lot_id = '00000000-0000-0000-0000-000000000000'), 0)
         * CASE WHEN $6 THEN 1 ELSE -1 END + CASE WHEN $6 THEN (f).overdraft ELSE 0 END AS overdraft_micro
    FROM fold`;

/** Reads what was left of lots at a moment. Never writes. */
@Injectable()
export class LotsLeftQueries {
  async at(tx: Tx, accountId: string, moment: LotsMoment, limit: number): Promise<LotsLeft | undefined> {
    const since = BigInt(moment.headSeq) - BigInt(moment.seq);
    const isBackwards = since <= BigInt(moment.seq);
    const isBehind = BigInt(moment.headSeq) - BigInt(moment.foldedSeq) > BEHIND_MAX;
    if (isBehind || (isBackwards ? since : BigInt(moment.seq)) > MOVEMENTS_MAX) return undefined;
    const [row] = await tx.query<{
      lots: (Omit<LotLeftSqlRow, 'expires_at'> & { expires_at: string | null })[];
      overdraft_micro: string;
    }>(LOTS_LEFT, [
      accountId,
      moment.seq,
      moment.before,
      moment.endingFrom ?? null,
      moment.endingBefore ?? null,
      isBackwards,
      limit,
      ...(isBackwards ? [moment.seq, moment.headSeq] : ['0', moment.seq]),
    ]);
    if (!row) throw new Error('the fold of lots answered nothing');
    return {
      rows: row.lots.map((lot) => ({ ...lot, expires_at: lot.expires_at === null ? null : new Date(lot.expires_at) })),
      overdraftMicro: row.overdraft_micro,
    };
  }
}
