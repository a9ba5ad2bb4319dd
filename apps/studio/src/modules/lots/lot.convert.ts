import type { LotMovement, LotRow, LotShare } from '@tandem/contracts';
import { toCredits, toIsoTime } from '../ledger/credits.convert.ts';
import type { LotMovementSqlRow, LotShareSqlRow, LotSqlRow } from './lot.queries.ts';

/** Database row to wire row of a lot. Whatever is neither left nor taken by name was spent. */
export function toLotRow(row: LotSqlRow): LotRow {
  const known = [
    row.free_micro,
    row.held_micro,
    row.expired_micro,
    row.clawed_back_micro,
    row.transferred_micro,
    row.reversed_micro,
  ];
  const spent = known.reduce((rest, micro) => rest - BigInt(micro), BigInt(row.amount_micro));
  return {
    id: row.lot_id,
    seq: Number(row.seq),
    kind: row.kind,
    priority: row.priority,
    expires_at: row.expires_at === null ? null : toIsoTime(row.expires_at),
    amount: toCredits(row.amount_micro),
    free: toCredits(row.free_micro),
    held: toCredits(row.held_micro),
    spent: toCredits(spent.toString()),
    expired: toCredits(row.expired_micro),
    clawed_back: toCredits(row.clawed_back_micro),
    transferred: toCredits(row.transferred_micro),
    reversed: toCredits(row.reversed_micro),
  };
}

/** Database row to wire row of a part of a movement. */
export function toLotShare(row: LotShareSqlRow): LotShare {
  return { lot_id: row.lot_id, kind: row.kind, amount: toCredits(row.amount_micro) };
}

/** Database row to wire row of a movement of one lot. */
export function toLotMovement(row: LotMovementSqlRow): LotMovement {
  return {
    seq: Number(row.seq),
    reason: row.kind,
    amount: toCredits(row.amount_micro),
    reservation_id: row.reservation_id,
    ref_type: row.ref_type,
    ref_id: row.ref_id,
    counterparty_id: row.counterparty_id,
    created_at: toIsoTime(row.created_at),
    effective_at: toIsoTime(row.effective_at),
  };
}
