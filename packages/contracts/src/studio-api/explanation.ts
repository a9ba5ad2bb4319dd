import { ApiProperty } from '@nestjs/swagger';
import {
  BILLING_MODES,
  LEDGER_KINDS,
  LOT_KINDS,
  type AccountStatusName,
  type BillingMode,
  type LedgerKind,
  type LotKind,
} from '../billing-terms.ts';
import { LedgerRow } from './credit-rows.ts';

/** Movements of one kind together. */
export class KindSum {
  @ApiProperty({ enum: LEDGER_KINDS })
  reason: LedgerKind;

  @ApiProperty()
  count: number;

  @ApiProperty({ description: 'Credits, with their sign' })
  amount: number;
}

/** How a figure came about: `amount` = `opening` + the sums of `movements` + `unwritten`. */
export class ExplainedFigure {
  @ApiProperty()
  amount: number;

  @ApiProperty({ description: 'The figure after movement `opening_seq`; 0 when the movements begin with the first' })
  opening: number;

  @ApiProperty({ type: [KindSum], description: 'By kind, the movements after `opening_seq` that count' })
  movements: KindSum[];

  @ApiProperty({ description: 'Effect of ends whose time had come and whose movement is not written yet' })
  unwritten: number;
}

/** A hold that was open. */
export class ExplainedHold {
  @ApiProperty({ format: 'uuid' })
  reservation_id: string;

  @ApiProperty({ description: 'Movement that made the hold' })
  seq: number;

  @ApiProperty({ description: 'Credits it kept at that moment' })
  held: number;

  @ApiProperty()
  ref_type: string;

  @ApiProperty()
  ref_id: string;

  @ApiProperty()
  acceptance: number;

  @ApiProperty({ format: 'date-time' })
  created_at: string;

  @ApiProperty({ format: 'date-time', description: 'As known now: a hold may have got more time since' })
  expires_at: string;
}

/** A lot that had something left. */
export class ExplainedLot {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ description: 'Movement that brought it' })
  seq: number;

  @ApiProperty({ enum: LOT_KINDS })
  kind: LotKind;

  @ApiProperty()
  priority: number;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  expires_at: string | null;

  @ApiProperty({ description: 'Credits left of it at that moment, held ones included' })
  left: number;
}

/** The end of a hold or of a lot that counts although its movement was not written yet when this was answered. */
export class UnwrittenEnd {
  @ApiProperty({ enum: ['EXPIRE', 'LOT_EXPIRY', 'CLAWBACK'] })
  reason: 'EXPIRE' | 'LOT_EXPIRY' | 'CLAWBACK';

  @ApiProperty({ format: 'date-time' })
  effective_at: string;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  reservation_id: string | null;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  lot_id: string | null;

  @ApiProperty({ description: 'Credits that ended' })
  amount: number;
}

/** Why the figures of an account were what they were at a moment. Amounts are JSON numbers in credits. */
export class Explanation {
  @ApiProperty({ format: 'uuid' })
  account_id: string;

  @ApiProperty()
  external_key: string;

  @ApiProperty({ format: 'date-time', description: 'The moment, with microseconds' })
  at: string;

  @ApiProperty({ enum: BILLING_MODES, nullable: true, description: 'Null before enrolment' })
  billing_mode: BillingMode | null;

  @ApiProperty({ enum: ['UNENROLLED', 'ACTIVE', 'SUSPENDED'] })
  account_status: AccountStatusName;

  @ApiProperty({ description: 'How far below zero `available` was allowed to go' })
  overdraft_limit: number;

  @ApiProperty({ type: ExplainedFigure })
  balance: ExplainedFigure;

  @ApiProperty({ type: ExplainedFigure })
  reserved: ExplainedFigure;

  @ApiProperty({ description: '`balance` less `reserved`; the overdraft limit is not in it' })
  available: number;

  @ApiProperty({ description: 'Last movement written until that moment; 0: none' })
  last_seq: number;

  @ApiProperty({
    description: 'Where the sums by kind begin. Above 0 when there were too many movements to sum them all',
  })
  opening_seq: number;

  @ApiProperty({ type: [ExplainedHold], description: 'Holds open then, newest first, at most 200' })
  holds: ExplainedHold[];

  @ApiProperty({ description: 'False: there were more holds than are shown' })
  holds_complete: boolean;

  @ApiProperty({ type: [ExplainedLot], description: 'Lots with something left then, in the order they are used' })
  lots: ExplainedLot[];

  @ApiProperty({ description: 'False: more than 200, or the moment lies too many movements away from both ends' })
  lots_complete: boolean;

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'Credits used beyond what lots held; null when lots are not known',
  })
  overdraft_used: number | null;

  @ApiProperty({ type: [LedgerRow], description: 'Last movements written until that moment, newest first' })
  last_movements: LedgerRow[];

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Cursor of the ledger list for the movements before those',
  })
  next_cursor: string | null;

  @ApiProperty({
    type: [LedgerRow],
    description: 'Ends that count at that moment although they were written later, at most 200',
  })
  written_later: LedgerRow[];

  @ApiProperty()
  written_later_count: number;

  @ApiProperty({ type: [UnwrittenEnd], description: 'At most 200' })
  unwritten: UnwrittenEnd[];

  @ApiProperty()
  unwritten_count: number;

  @ApiProperty({ type: [String], description: 'The same in English, to be read to a customer' })
  sentences: string[];
}
