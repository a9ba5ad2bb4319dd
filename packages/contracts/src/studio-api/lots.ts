import { ApiProperty } from '@nestjs/swagger';
import { LEDGER_KINDS, LOT_KINDS, type LedgerKind, type LotKind } from '../billing-terms.ts';

/**
 * Credits that came together. `amount` is always the sum of all other figures. Holds and lots whose time is over count
 * as ended, also before anybody wrote so. Amounts are JSON numbers in credits.
 */
export class LotRow {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ description: 'Movement that brought it, by its position in the account' })
  seq: number;

  @ApiProperty({ enum: LOT_KINDS })
  kind: LotKind;

  @ApiProperty({ description: 'Lower ones are used first' })
  priority: number;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Null: it has no end' })
  expires_at: string | null;

  @ApiProperty({ description: 'What came in' })
  amount: number;

  @ApiProperty({ description: 'Left, and not held' })
  free: number;

  @ApiProperty({ description: 'Left, and kept by open holds' })
  held: number;

  @ApiProperty({ description: 'Used, less what was given back' })
  spent: number;

  @ApiProperty({ description: 'Taken because its time was over' })
  expired: number;

  @ApiProperty({ description: 'Taken back with a refund or dispute, less what was given back' })
  clawed_back: number;

  @ApiProperty({ description: 'Moved to another account' })
  transferred: number;

  @ApiProperty({ description: 'Taken because the movement that brought it was undone' })
  reversed: number;
}

/** Lots of an account, newest first. */
export class LotsPage {
  @ApiProperty({ type: [LotRow] })
  items: LotRow[];

  @ApiProperty({ type: String, nullable: true, description: 'Null on the last page' })
  next_cursor: string | null;

  @ApiProperty({ description: 'Last movement the answer takes into account' })
  folded_seq: number;
}

/** A part of a movement or a hold, and the lot it belongs to. */
export class LotShare {
  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'Null: the overdraft, not a lot' })
  lot_id: string | null;

  @ApiProperty({ enum: LOT_KINDS, nullable: true })
  kind: LotKind | null;

  @ApiProperty({ description: 'Credits; in a movement negative when taken, positive when given' })
  amount: number;
}

/** Which lots a movement touched. */
export class EntryLots {
  @ApiProperty()
  seq: number;

  @ApiProperty({ enum: LEDGER_KINDS })
  reason: LedgerKind;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  reservation_id: string | null;

  @ApiProperty({
    type: [LotShare],
    description: 'Lots it took from, gave back to, or brought; their sum is its effect on the balance',
  })
  shares: LotShare[];

  @ApiProperty({ type: [LotShare], description: 'What the hold of the movement keeps now; empty once it has ended' })
  holds: LotShare[];

  @ApiProperty({ description: 'Last movement the answer takes into account' })
  folded_seq: number;
}

/** One movement of one lot. */
export class LotMovement {
  @ApiProperty({ description: 'Position of the movement in the account' })
  seq: number;

  @ApiProperty({ enum: LEDGER_KINDS })
  reason: LedgerKind;

  @ApiProperty({ description: 'Effect on the lot, in credits' })
  amount: number;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  reservation_id: string | null;

  @ApiProperty({ type: String, nullable: true })
  ref_type: string | null;

  @ApiProperty({ type: String, nullable: true })
  ref_id: string | null;

  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'Other account of a transfer' })
  counterparty_id: string | null;

  @ApiProperty({ format: 'date-time' })
  created_at: string;

  @ApiProperty({ format: 'date-time' })
  effective_at: string;
}

/** Where a lot came from and where it went, newest first; the last one brought it. */
export class LotMovementsPage {
  @ApiProperty({ type: [LotMovement] })
  items: LotMovement[];

  @ApiProperty({ type: String, nullable: true, description: 'Null on the last page' })
  next_cursor: string | null;

  @ApiProperty({ description: 'Last movement the answer takes into account' })
  folded_seq: number;
}
