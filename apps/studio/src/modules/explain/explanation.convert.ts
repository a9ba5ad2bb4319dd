import type { ExplainedFigure, ExplainedHold, ExplainedLot, KindSum, UnwrittenEnd } from '@tandem/contracts';
import { toCredits, toIsoTime } from '../ledger/credits.convert.ts';
import type { FiguresSqlRow, KindSqlRow } from './book-figures.queries.ts';
import type { UnwrittenEndSqlRow } from './explanation.queries.ts';
import type { OpenHold } from './find-open-holds.ts';
import type { LotLeftSqlRow } from './lots-left.queries.ts';

/** Database row to wire row of a hold that was open. */
export function toExplainedHold(row: OpenHold): ExplainedHold {
  return {
    reservation_id: row.reservation_id,
    seq: Number(row.seq),
    held: toCredits(row.reserved_micro),
    ref_type: row.ref_type,
    ref_id: row.ref_id,
    acceptance: row.acceptance,
    created_at: toIsoTime(row.created_at),
    expires_at: toIsoTime(row.expires_at),
  };
}

/** Database row to wire row of a lot with something left. */
export function toExplainedLot(row: LotLeftSqlRow): ExplainedLot {
  return {
    id: row.lot_id,
    seq: Number(row.seq),
    kind: row.kind,
    priority: row.priority,
    expires_at: row.expires_at === null ? null : toIsoTime(row.expires_at),
    left: toCredits(row.left_micro),
  };
}

/** Database row to wire row of an end without a row. */
export function toUnwrittenEnd(row: UnwrittenEndSqlRow): UnwrittenEnd {
  return {
    reason: row.kind,
    effective_at: toIsoTime(row.effective_at),
    reservation_id: row.reservation_id,
    lot_id: row.lot_id,
    amount: toCredits(row.amount_micro),
  };
}

/** One figure of a moment with what makes it: where the sums begin, the sums, and what is not written yet. */
export function toFigure(
  figures: FiguresSqlRow,
  opening: { readonly balance_micro: string; readonly reserved_micro: string },
  sums: readonly KindSqlRow[],
  name: 'balance' | 'reserved',
): ExplainedFigure {
  return {
    amount: toCredits(figures[`${name}_micro`]),
    opening: toCredits(opening[`${name}_micro`]),
    movements: toKindSums(sums, name),
    unwritten: toCredits(figures[`unwritten_${name}_micro`]),
  };
}

/** The kinds that move one of the two figures, with its sums. */
export function toKindSums(sums: readonly KindSqlRow[], name: 'balance' | 'reserved'): KindSum[] {
  return sums
    .filter((sum) => sum[`${name}_count`] > 0)
    .map((sum) => ({ reason: sum.kind, count: sum[`${name}_count`], amount: toCredits(sum[`${name}_micro`]) }));
}
